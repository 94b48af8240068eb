/* Records what a process asks of the files under one directory, for the power-loss replay.
 *
 * Preloaded with LD_PRELOAD. Every call below is carried out and recorded under one lock, so the
 * trace is one order of events that really happened, across threads and across restarts.
 *
 *   POWERLOSS_DIR        the directory, absolute and without links
 *   POWERLOSS_TRACE      the file the record is appended to
 *   POWERLOSS_ACK        a file outside the directory; what is written to it is an acknowledgement
 *   POWERLOSS_DIE_AFTER  kill the process after that many recorded events; 0 or absent for never
 *
 * An event is four little-endian numbers and `len` bytes: src/trace.rs reads them.
 */
#define _GNU_SOURCE
#undef _FILE_OFFSET_BITS
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

enum { OPEN = 1, WRITE, SIZE, SYNC, RENAME, UNLINK, MKDIR, ACK };

struct event { uint32_t kind, len; uint64_t ino, arg; };

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static const char *root, *ack_path;
static int trace = -1;
static long die_after;
static ino_t *files, ack_ino;
static size_t files_len, files_room;

static void die(const char *what) {
    fprintf(stderr, "powerloss shim: %s: %s\n", what, strerror(errno));
    abort();
}

__attribute__((constructor)) static void start(void) {
    const char *path = getenv("POWERLOSS_TRACE"), *after = getenv("POWERLOSS_DIE_AFTER");
    root = getenv("POWERLOSS_DIR");
    ack_path = getenv("POWERLOSS_ACK");
    if (!path || !root || !ack_path) return;
    die_after = after ? atol(after) : 0;
    trace = syscall(SYS_openat, AT_FDCWD, path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
    if (trace < 0) die(path);
}

static void put(const void *bytes, size_t len) {
    while (len > 0) {
        ssize_t n = syscall(SYS_write, trace, bytes, len);
        if (n < 0) die("trace");
        bytes = (const char *)bytes + n;
        len -= (size_t)n;
    }
}

/* Appends one event; its bytes are `a`, then `b` if there is one. */
static void record(uint32_t kind, uint64_t ino, uint64_t arg, const void *a, size_t a_len,
                   const void *b, size_t b_len) {
    struct event event = { kind, (uint32_t)(a_len + b_len), ino, arg };
    put(&event, sizeof event);
    put(a, a_len);
    put(b, b_len);
    if (die_after > 0 && --die_after == 0) kill(getpid(), SIGKILL);
}

/* The path below the root, or NULL for one that is elsewhere. `buffer` holds PATH_MAX bytes. */
static const char *below(int dirfd, const char *path, char *buffer) {
    if (trace < 0) return NULL;
    if (path[0] == '/') {
        snprintf(buffer, PATH_MAX, "%s", path);
    } else {
        char link[64], base[PATH_MAX / 2];
        if (dirfd == AT_FDCWD) snprintf(link, sizeof link, "/proc/self/cwd");
        else snprintf(link, sizeof link, "/proc/self/fd/%d", dirfd);
        ssize_t n = readlink(link, base, sizeof base - 1);
        if (n < 0) return NULL;
        base[n] = 0;
        snprintf(buffer, PATH_MAX, "%s/%s", base, path);
    }
    size_t n = strlen(root);
    if (strncmp(buffer, root, n) != 0 || buffer[n] != '/') return NULL;
    return buffer + n + 1;
}

static ino_t inode(int fd) {
    struct stat stat;
    return fstat(fd, &stat) == 0 ? stat.st_ino : 0;
}

/* The inode of a file that was opened below the root, or 0. */
static ino_t tracked(int fd) {
    if (trace < 0) return 0;
    int saved = errno;
    ino_t ino = inode(fd);
    errno = saved;
    for (size_t i = 0; i < files_len; i++) if (files[i] == ino) return ino;
    return 0;
}

static void track(ino_t ino) {
    for (size_t i = 0; i < files_len; i++) if (files[i] == ino) return;
    if (files_len == files_room) {
        files_room = files_room * 2 + 64;
        files = realloc(files, files_room * sizeof *files);
        if (!files) die("memory");
    }
    files[files_len++] = ino;
}

static int do_open(int dirfd, const char *path, int flags, mode_t mode) {
    char buffer[PATH_MAX];
    pthread_mutex_lock(&lock);
    int fd = syscall(SYS_openat, dirfd, path, flags, mode);
    int saved = errno;
    const char *name = below(dirfd, path, buffer);
    if (fd >= 0 && trace >= 0 && strcmp(path, ack_path) == 0) ack_ino = inode(fd);
    struct stat stat;
    int real = fd >= 0 && name && (flags & O_PATH) == 0;
    if (real && fstat(fd, &stat) == 0 && S_ISREG(stat.st_mode)) {
        track(stat.st_ino);
        record(OPEN, stat.st_ino, (flags & O_TRUNC) != 0, name, strlen(name), NULL, 0);
    }
    pthread_mutex_unlock(&lock);
    errno = saved;
    return fd;
}

/* The optional third argument of an open, `mode`. */
#define MODE(flags) \
    mode_t mode = 0; \
    if ((flags) & (O_CREAT | O_TMPFILE)) { \
        va_list list; \
        va_start(list, flags); \
        mode = va_arg(list, mode_t); \
        va_end(list); \
    }
#define OPEN_AT(name) \
    int name(int dir, const char *path, int flags, ...) { \
        MODE(flags) \
        return do_open(dir, path, flags, mode); \
    }
#define OPEN_HERE(name) \
    int name(const char *path, int flags, ...) { \
        MODE(flags) \
        return do_open(AT_FDCWD, path, flags, mode); \
    }
OPEN_HERE(open)
OPEN_HERE(open64)
OPEN_AT(openat)
OPEN_AT(openat64)
int creat(const char *path, mode_t mode) {
    return do_open(AT_FDCWD, path, O_CREAT | O_WRONLY | O_TRUNC, mode);
}
int creat64(const char *path, mode_t mode) { return creat(path, mode); }

/* Writes at `offset`, or at the descriptor's own position when it is negative. */
static ssize_t do_write(int fd, const void *bytes, size_t len, off_t offset) {
    pthread_mutex_lock(&lock);
    ssize_t n = offset < 0 ? syscall(SYS_write, fd, bytes, len)
                           : syscall(SYS_pwrite64, fd, bytes, len, offset);
    int saved = errno;
    ino_t ino;
    if (n > 0 && trace >= 0 && ack_ino != 0 && inode(fd) == ack_ino) {
        record(ACK, 0, 0, bytes, (size_t)n, NULL, 0);
    } else if (n > 0 && (ino = tracked(fd)) != 0) {
        off_t at = offset < 0 ? lseek(fd, 0, SEEK_CUR) - n : offset;
        record(WRITE, ino, (uint64_t)at, bytes, (size_t)n, NULL, 0);
    }
    pthread_mutex_unlock(&lock);
    errno = saved;
    return n;
}

ssize_t write(int fd, const void *bytes, size_t len) { return do_write(fd, bytes, len, -1); }
ssize_t pwrite(int fd, const void *bytes, size_t len, off_t at) {
    return do_write(fd, bytes, len, at);
}
ssize_t pwrite64(int fd, const void *bytes, size_t len, off_t at) {
    return do_write(fd, bytes, len, at);
}

/* A vector may be cut short like any write, so its first part stands for all of it. */
static ssize_t do_writev(int fd, const struct iovec *parts, int count, off_t at) {
    for (int i = 0; i < count; i++)
        if (parts[i].iov_len > 0) return do_write(fd, parts[i].iov_base, parts[i].iov_len, at);
    return 0;
}

ssize_t writev(int fd, const struct iovec *parts, int count) {
    return do_writev(fd, parts, count, -1);
}
ssize_t pwritev(int fd, const struct iovec *parts, int count, off_t at) {
    return do_writev(fd, parts, count, at);
}
ssize_t pwritev64(int fd, const struct iovec *parts, int count, off_t at) {
    return do_writev(fd, parts, count, at);
}

/* Runs a call that may have changed the size of `fd`, and records the size it has then. */
#define SIZED(fd, call) \
    pthread_mutex_lock(&lock); \
    int result = (int)(call); \
    int saved = errno; \
    ino_t ino = tracked(fd); \
    struct stat stat; \
    if (result == 0 && ino != 0 && fstat(fd, &stat) == 0) \
        record(SIZE, ino, (uint64_t)stat.st_size, NULL, 0, NULL, 0); \
    pthread_mutex_unlock(&lock); \
    errno = saved; \
    return result;
int ftruncate(int fd, off_t size) { SIZED(fd, syscall(SYS_ftruncate, fd, size)) }
int ftruncate64(int fd, off_t size) { SIZED(fd, syscall(SYS_ftruncate, fd, size)) }
int fallocate(int fd, int mode, off_t at, off_t len) {
    SIZED(fd, syscall(SYS_fallocate, fd, mode, at, len))
}
int fallocate64(int fd, int mode, off_t at, off_t len) { return fallocate(fd, mode, at, len); }
int posix_fallocate(int fd, off_t at, off_t len) {
    return fallocate(fd, 0, at, len) == 0 ? 0 : errno;
}
int posix_fallocate64(int fd, off_t at, off_t len) { return posix_fallocate(fd, at, len); }

/* sync_file_range is left alone: it promises nothing after a power loss. */
static int do_sync(int fd, long call, uint64_t data_only) {
    pthread_mutex_lock(&lock);
    int result = (int)syscall(call, fd);
    int saved = errno;
    ino_t ino = tracked(fd);
    if (result == 0 && ino != 0) record(SYNC, ino, data_only, NULL, 0, NULL, 0);
    pthread_mutex_unlock(&lock);
    errno = saved;
    return result;
}

int fsync(int fd) { return do_sync(fd, SYS_fsync, 0); }
int fdatasync(int fd) { return do_sync(fd, SYS_fdatasync, 1); }

int renameat2(int from_dir, const char *from, int to_dir, const char *to, unsigned flags) {
    char from_buffer[PATH_MAX], to_buffer[PATH_MAX];
    pthread_mutex_lock(&lock);
    int result = (int)syscall(SYS_renameat2, from_dir, from, to_dir, to, flags);
    int saved = errno;
    const char *a = below(from_dir, from, from_buffer), *b = below(to_dir, to, to_buffer);
    if (result == 0 && (a || b)) {
        if (!a || !b || flags != 0) die("a rename this replay does not know");
        record(RENAME, 0, 0, a, strlen(a) + 1, b, strlen(b));
    }
    pthread_mutex_unlock(&lock);
    errno = saved;
    return result;
}

int rename(const char *from, const char *to) { return renameat2(AT_FDCWD, from, AT_FDCWD, to, 0); }
int renameat(int from_dir, const char *from, int to_dir, const char *to) {
    return renameat2(from_dir, from, to_dir, to, 0);
}

/* Runs a call that takes away or makes one name, and records it. */
static int do_name(uint32_t kind, long call, int dirfd, const char *path, unsigned arg) {
    char buffer[PATH_MAX];
    pthread_mutex_lock(&lock);
    const char *name = below(dirfd, path, buffer);
    struct stat stat;
    /* A socket is no file: what a node listens on ends with it. */
    if (name && fstatat(dirfd, path, &stat, AT_SYMLINK_NOFOLLOW) == 0 && S_ISSOCK(stat.st_mode))
        name = NULL;
    int result = (int)syscall(call, dirfd, path, arg);
    int saved = errno;
    if (result == 0 && name) record(kind, 0, 0, name, strlen(name), NULL, 0);
    pthread_mutex_unlock(&lock);
    errno = saved;
    return result;
}

int unlinkat(int dir, const char *path, int flags) {
    return do_name(UNLINK, SYS_unlinkat, dir, path, (unsigned)flags);
}
int unlink(const char *path) { return unlinkat(AT_FDCWD, path, 0); }
int rmdir(const char *path) { return unlinkat(AT_FDCWD, path, AT_REMOVEDIR); }
int mkdirat(int dir, const char *path, mode_t mode) {
    return do_name(MKDIR, SYS_mkdirat, dir, path, mode);
}
int mkdir(const char *path, mode_t mode) { return mkdirat(AT_FDCWD, path, mode); }
int link(const char *from, const char *to) { (void)from; (void)to; die("link"); return -1; }
