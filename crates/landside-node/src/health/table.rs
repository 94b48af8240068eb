//! The one table of what can be found.

/// How much a finding weighs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Weight {
    /// Worth knowing; nothing need be done.
    Note,
    /// To be seen to before it is worse.
    Warning,
    /// Something does not work, or is not safe.
    Bad,
}

impl Weight {
    /// As documents and JSON have it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Note => "note",
            Self::Warning => "warning",
            Self::Bad => "bad",
        }
    }
}

/// Something that is looked at.
#[derive(Debug, PartialEq, Eq)]
pub struct Check {
    /// Its stable code.
    pub code: &'static str,
    /// How much it weighs.
    pub weight: Weight,
    /// What to do.
    pub remedy: &'static str,
}

macro_rules! checks {
    ($($constant:ident: $weight:ident $code:literal $remedy:literal;)+) => {
        $(pub(super) static $constant: Check =
            Check { code: $code, weight: Weight::$weight, remedy: $remedy };)+

        /// Every check, in the order of docs/OPERATING.md § Doctor.
        pub static CHECKS: &[&Check] = &[$(&$constant),+];
    };
}

checks! {
    NOT_RUNNING: Note "not-running"
        "start it, if it should run: landside serve, or systemctl start landside";
    CONFIG: Bad "config-wrong"
        "correct config.toml; landside serve says the line";
    HOME_MODE: Bad "home-mode"
        "chmod 700 the home";
    KEY_UNUSABLE: Bad "key-unusable"
        "see docs/OPERATING.md, Keys, for the code";
    KEY_PLAIN: Warning "key-plain"
        "encrypt it: landside key passphrase --new-passphrase-from SOURCE";
    KEY_NOT_LISTED: Bad "key-not-listed"
        "have the authority list the key in a new edition, and install that";
    PARTY_NOT_LISTED: Bad "party-not-listed"
        "have the authority add the party, and install the new edition";
    DIRECTORY_UNUSABLE: Bad "directory-unusable"
        "install an edition: landside directory install FILE --trust ID";
    DIRECTORY_OVERDUE: Warning "directory-overdue"
        "ask the authority for the next edition; new device keys are refused when the grace is over";
    DIRECTORY_ENDS: Warning "directory-ends"
        "ask the authority for the next edition before this one ends";
    STORE_MISSING: Bad "store-missing"
        "restore the newest backup; see docs/OPERATING.md, Back up, before making a new one";
    UNCHECKED: Bad "restored-unchecked"
        "compare with the terminal's witnesses and readers, then landside rejoin";
    STORE_STOPPED: Bad "store-stopped"
        "restart the node, it repairs itself; then see the log for the reason";
    DISK_LOW: Bad "disk-low"
        "free disk, or give the store more: new documents are refused, the gate goes on";
    DISK_FILLING: Warning "disk-filling"
        "free disk before new documents are refused";
    FILES_FEW: Warning "files-few"
        "raise LimitNOFILE of the unit, or ulimit -n, to 4096";
    CLOCK_UNSYNCED: Warning "clock-unsynced"
        "run a time service: systemd-timesyncd, chrony";
    CLOCK_BEHIND: Bad "clock-behind"
        "set the clock, and run a time service; passes are judged by it";
    CLOCK_BACK: Bad "clock-set-back"
        "set the clock right; documents are dated by it";
    PORT_TAKEN: Bad "port-taken"
        "end the other program, or change the setting";
    PORT_CLOSED: Bad "port-closed"
        "see the node's log for why nobody listens there, or restart it";
    ADDRESS_UNKNOWN: Warning "address-unknown"
        "see to the name's DNS entry, or have the authority list another address";
    PEER_AWAY: Warning "peer-away"
        "see that UDP gets through to its address, and that its node runs";
    QUEUE_OLD: Bad "queue-old"
        "call the party: its node does not answer";
    WITNESS_NONE: Warning "witness-none"
        "have witnesses name this terminal in witness.of, and see that they reach it";
    WITNESS_REFUSES: Bad "witness-refuses"
        "see docs/OPERATING.md, Witnesses: it holds heads that do not agree";
    WITNESS_TROUBLE: Warning "witness-trouble"
        "see that the terminal's node runs and can be reached";
    ALARM: Bad "alarm"
        "read the files in alarms/ with landside verify, and call the authority";
    CERTIFICATE_ENDS: Warning "certificate-ends"
        "renew it; the node takes new files by itself";
    CERTIFICATE_UNUSABLE: Bad "certificate-unusable"
        "put files there that belong together; what was shown before still is";
    BACKUP_OLD: Warning "backup-old"
        "landside backup DIR, daily; see docs/OPERATING.md, Back up";
}
