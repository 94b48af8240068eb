// The other side of the log's interop test: the Merkle tree and the signed notes of the Go project.
//
// usage: tlogcheck LOG LOG-VKEY WITNESS-VKEY
//
// Reads a log as a web server would serve it (checkpoint, tile/..., tile/entries/...) and proofs.json
// beside it, and checks all of it with the packages tlog and note, which the test copies here out of
// the Go tool's own sources. Prints what it checked as one line of JSON; ends with an error at the
// first thing that is wrong.
package main

import (
	"bytes"
	"crypto/ed25519"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"tlogcheck/note"
	"tlogcheck/tlog"
)

// Levels of the tree in one tile (C2SP tlog-tiles).
const height = 8

// Entries in a full bundle.
const bundleWidth = 1 << height

// Signature type of a timestamped cosignature (C2SP signed-note).
const cosignatureType = 0x04

type proofs struct {
	Inclusion []struct {
		Index int64    `json:"index"`
		Size  int64    `json:"size"`
		Proof []string `json:"proof"`
	} `json:"inclusion"`
	Consistency []struct {
		Old   int64    `json:"old"`
		New   int64    `json:"new"`
		Proof []string `json:"proof"`
	} `json:"consistency"`
}

type report struct {
	Size        int64  `json:"size"`
	Root        string `json:"root"`
	CosignedAt  uint64 `json:"cosigned_at"`
	Entries     int64  `json:"entries"`
	Inclusion   int    `json:"inclusion"`
	Consistency int    `json:"consistency"`
}

func main() {
	if len(os.Args) != 4 {
		fail(errors.New("usage: tlogcheck LOG LOG-VKEY WITNESS-VKEY"))
	}
	checked, err := check(os.Args[1], os.Args[2], os.Args[3])
	if err != nil {
		fail(err)
	}
	line, err := json.Marshal(checked)
	if err != nil {
		fail(err)
	}
	fmt.Println(string(line))
}

func fail(err error) {
	fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
}

func check(dir, logKey, witnessKey string) (*report, error) {
	tree, cosignedAt, err := head(dir, logKey, witnessKey)
	if err != nil {
		return nil, fmt.Errorf("checkpoint: %w", err)
	}
	hashes := tlog.TileHashReader(tree, tiles(dir))
	root, err := tlog.TreeHash(tree.N, hashes)
	if err != nil {
		return nil, fmt.Errorf("tiles: %w", err)
	}
	if root != tree.Hash {
		return nil, fmt.Errorf("tiles have root %v, the checkpoint %v", root, tree.Hash)
	}
	entries, err := checkEntries(dir, tree.N, hashes)
	if err != nil {
		return nil, fmt.Errorf("entries: %w", err)
	}
	text, err := os.ReadFile(filepath.Join(dir, "proofs.json"))
	if err != nil {
		return nil, err
	}
	var given proofs
	if err := json.Unmarshal(text, &given); err != nil {
		return nil, fmt.Errorf("proofs: %w", err)
	}
	if err := checkInclusion(&given, hashes); err != nil {
		return nil, fmt.Errorf("inclusion: %w", err)
	}
	if err := checkConsistency(&given, hashes); err != nil {
		return nil, fmt.Errorf("consistency: %w", err)
	}
	return &report{
		Size:        tree.N,
		Root:        hex.EncodeToString(tree.Hash[:]),
		CosignedAt:  cosignedAt,
		Entries:     entries,
		Inclusion:   len(given.Inclusion),
		Consistency: len(given.Consistency),
	}, nil
}

// head reads the checkpoint, which log and witness must both have signed.
func head(dir, logKey, witnessKey string) (tlog.Tree, uint64, error) {
	none := tlog.Tree{}
	message, err := os.ReadFile(filepath.Join(dir, "checkpoint"))
	if err != nil {
		return none, 0, err
	}
	log, err := note.NewVerifier(logKey)
	if err != nil {
		return none, 0, err
	}
	witness, err := newWitness(witnessKey)
	if err != nil {
		return none, 0, err
	}
	opened, err := note.Open(message, note.VerifierList(log, witness))
	if err != nil {
		return none, 0, err
	}
	if len(opened.Sigs) != 2 || len(opened.UnverifiedSigs) != 0 {
		return none, 0, fmt.Errorf("%d signatures verify, %d are of others",
			len(opened.Sigs), len(opened.UnverifiedSigs))
	}
	lines := strings.Split(opened.Text, "\n")
	if len(lines) != 4 || lines[3] != "" || lines[0] != log.Name() {
		return none, 0, errors.New("not origin, size and root of this log")
	}
	size, err := strconv.ParseInt(lines[1], 10, 64)
	if err != nil {
		return none, 0, err
	}
	root, err := tlog.ParseHash(lines[2])
	if err != nil {
		return none, 0, err
	}
	return tlog.Tree{N: size, Hash: root}, witness.time, nil
}

// A witness verifies cosignatures, version 1 (C2SP tlog-cosignature), and keeps the time of the last.
type witness struct {
	name string
	id   uint32
	key  ed25519.PublicKey
	time uint64
}

func newWitness(vkey string) (*witness, error) {
	parts := strings.SplitN(vkey, "+", 3)
	if len(parts) != 3 {
		return nil, errors.New("a vkey has three parts")
	}
	id, err := strconv.ParseUint(parts[1], 16, 32)
	if err != nil {
		return nil, err
	}
	material, err := base64.StdEncoding.DecodeString(parts[2])
	if err != nil {
		return nil, err
	}
	if len(material) != 1+ed25519.PublicKeySize || material[0] != cosignatureType {
		return nil, errors.New("not the vkey of a witness")
	}
	return &witness{name: parts[0], id: uint32(id), key: material[1:]}, nil
}

func (w *witness) Name() string    { return w.name }
func (w *witness) KeyHash() uint32 { return w.id }

func (w *witness) Verify(text, signature []byte) bool {
	if len(signature) != 8+ed25519.SignatureSize {
		return false
	}
	w.time = binary.BigEndian.Uint64(signature)
	message := fmt.Appendf(nil, "cosignature/v1\ntime %d\n%s", w.time, text)
	return ed25519.Verify(w.key, message, signature[8:])
}

// tiles reads the tiles of a log in a directory.
type tiles string

func (tiles) Height() int { return height }

func (dir tiles) ReadTiles(wanted []tlog.Tile) ([][]byte, error) {
	var all [][]byte
	for _, tile := range wanted {
		data, err := os.ReadFile(filepath.Join(string(dir), served(tile)))
		if err != nil {
			return nil, err
		}
		all = append(all, data)
	}
	return all, nil
}

func (tiles) SaveTiles([]tlog.Tile, [][]byte) {}

// served is the path of a tile: the Go project names the height too, C2SP does not.
func served(tile tlog.Tile) string {
	return "tile/" + strings.TrimPrefix(tile.Path(), fmt.Sprintf("tile/%d/", height))
}

// checkEntries reads every bundle and compares every entry with its leaf in the tree.
func checkEntries(dir string, size int64, hashes tlog.HashReader) (int64, error) {
	checked := int64(0)
	for first := int64(0); first < size; first += bundleWidth {
		width := min(bundleWidth, size-first)
		tile := tlog.Tile{H: height, L: 0, N: first / bundleWidth, W: int(width)}
		path := "tile/entries/" + strings.TrimPrefix(served(tile), "tile/0/")
		bundle, err := os.ReadFile(filepath.Join(dir, path))
		if err != nil {
			return 0, err
		}
		var indexes []int64
		for at := range width {
			indexes = append(indexes, tlog.StoredHashIndex(0, first+at))
		}
		leaves, err := hashes.ReadHashes(indexes)
		if err != nil {
			return 0, err
		}
		for at, leaf := range leaves {
			if len(bundle) < 2 || len(bundle)-2 < int(binary.BigEndian.Uint16(bundle)) {
				return 0, fmt.Errorf("%s ends within entry %d", path, at)
			}
			end := 2 + int(binary.BigEndian.Uint16(bundle))
			if tlog.RecordHash(bundle[2:end]) != leaf {
				return 0, fmt.Errorf("%s: entry %d is not the leaf", path, at)
			}
			bundle = bundle[end:]
			checked++
		}
		if len(bundle) != 0 {
			return 0, fmt.Errorf("%s has %d bytes too many", path, len(bundle))
		}
	}
	return checked, nil
}

// checkInclusion checks each proof, and that the one made here from the tiles is the same.
func checkInclusion(given *proofs, hashes tlog.HashReader) error {
	for _, item := range given.Inclusion {
		proof, err := read(item.Proof)
		if err != nil {
			return err
		}
		root, err := tlog.TreeHash(item.Size, hashes)
		if err != nil {
			return err
		}
		leaf, err := hashes.ReadHashes([]int64{tlog.StoredHashIndex(0, item.Index)})
		if err != nil {
			return err
		}
		if err := tlog.CheckRecord(proof, item.Size, root, item.Index, leaf[0]); err != nil {
			return fmt.Errorf("leaf %d of %d: %w", item.Index, item.Size, err)
		}
		made, err := tlog.ProveRecord(item.Size, item.Index, hashes)
		if err != nil {
			return err
		}
		if !same(proof, made) {
			return fmt.Errorf("leaf %d of %d: another proof than ours", item.Index, item.Size)
		}
	}
	return nil
}

// checkConsistency does the same for proofs that a tree begins with an earlier one.
func checkConsistency(given *proofs, hashes tlog.HashReader) error {
	for _, item := range given.Consistency {
		proof, err := read(item.Proof)
		if err != nil {
			return err
		}
		older, err := tlog.TreeHash(item.Old, hashes)
		if err != nil {
			return err
		}
		newer, err := tlog.TreeHash(item.New, hashes)
		if err != nil {
			return err
		}
		if err := tlog.CheckTree(proof, item.New, newer, item.Old, older); err != nil {
			return fmt.Errorf("%d to %d: %w", item.Old, item.New, err)
		}
		made, err := tlog.ProveTree(item.New, item.Old, hashes)
		if err != nil {
			return err
		}
		if !same(proof, made) {
			return fmt.Errorf("%d to %d: another proof than ours", item.Old, item.New)
		}
	}
	return nil
}

func read(texts []string) ([]tlog.Hash, error) {
	var all []tlog.Hash
	for _, text := range texts {
		raw, err := hex.DecodeString(text)
		if err != nil {
			return nil, err
		}
		if len(raw) != tlog.HashSize {
			return nil, errors.New("not a hash")
		}
		all = append(all, tlog.Hash(raw))
	}
	return all, nil
}

func same(one, other []tlog.Hash) bool {
	return slices.EqualFunc(one, other, func(a, b tlog.Hash) bool { return bytes.Equal(a[:], b[:]) })
}
