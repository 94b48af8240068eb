//! Writes a case file: documents in the order they reach the terminal, each with what must become
//! of it. Nothing here asks the rules; every outcome is the author's word.

use std::time::Duration;

use landside_proto::document::Document;
use landside_proto::envelope::Signed;
use landside_proto::ids::{ContainerNo, DocId, UnixMillis};
use landside_proto::refusal::Code;
use serde_json::Value;

use crate::format::{
    CaseFile, ClockLine, Event, EventOutcome, Hex, Named, NeedLine, ReasonLine, Stands,
};
use crate::good::case_code;
use crate::world::{actor, credentials, document, now, sealed};

/// A case file in the making.
pub(crate) struct Story {
    file: CaseFile,
    clock: UnixMillis,
}

/// What an event is called and what it shows.
pub(crate) type Title<'a> = (&'a str, &'a str);

/// Who says what: signing key, kind, JSON form of the payload.
pub(crate) type Said<'a> = (&'a str, &'a str, Value);

impl Story {
    pub(crate) fn new(about: &str, container: &str) -> Self {
        Self {
            file: CaseFile {
                about: about.to_owned(),
                directory: "edition-1".into(),
                credentials: credentials(),
                terminal: "terminal".parse().unwrap(),
                container: ContainerNo::parse(container).expect("a container of the vectors"),
                case: case_code(),
                events: Vec::new(),
            },
            clock: now(),
        }
    }

    /// Another directory than edition 1, which lists the same parties and more.
    pub(crate) fn directory(&mut self, name: &str) {
        self.file.directory = name.to_owned();
    }

    pub(crate) fn file(self) -> CaseFile {
        self.file
    }

    /// Moves the clock; events are a minute apart without it.
    pub(crate) fn wait_until(&mut self, at: UnixMillis) {
        self.clock = at;
    }

    /// A document that must be registered, and how the case then stands: the holder (empty for
    /// none) and the needs, each `light code owed_by` with `-` for no light and `@` for the holder.
    pub(crate) fn registered(
        &mut self,
        title: Title<'_>,
        said: Said<'_>,
        holder: &str,
        needs: &[&str],
    ) -> DocId {
        self.registered_over(title, said, holder, needs, &[])
    }

    /// The same where these lights are overridden: no need shows them, and yet they are not green.
    pub(crate) fn registered_over(
        &mut self,
        title: Title<'_>,
        said: Said<'_>,
        holder: &str,
        needs: &[&str],
        overridden: &[&str],
    ) -> DocId {
        let signed = self.sealed(said);
        let mut needs: Vec<_> = needs.iter().map(|line| need(&line.replace('@', holder))).collect();
        needs.sort();
        let green = ["commercial", "customs", "terminal"]
            .into_iter()
            .filter(|light| needs.iter().all(|need| need.light.as_deref() != Some(*light)))
            .filter(|light| !overridden.contains(light))
            .map(str::to_owned)
            .collect();
        let holder = (!holder.is_empty()).then(|| holder.parse().expect("a party"));
        let overridden = overridden.iter().map(|light| (*light).to_owned()).collect();
        let id = signed.id();
        let (sent_to, turned_away, clocks) = (None, None, None);
        let stands = Stands { id, holder, green, overridden, needs, sent_to, turned_away, clocks };
        self.push(title, &signed, EventOutcome::Registered(stands));
        signed.id()
    }

    /// Who of those that get a part is sent the last document.
    pub(crate) fn sent_to(&mut self, names: &[&str]) {
        self.last().sent_to = Some(names.iter().map(|name| actor(name)).collect());
    }

    /// Why the gate now turns a truck away that shows no pass: each `code owed_by`, in this order.
    pub(crate) fn turned_away(&mut self, reasons: &[&str]) {
        let reason = |line: &&str| {
            let (code, owed_by) = line.split_once(' ').expect("a reason is `code owed_by`");
            ReasonLine { code: code.to_owned(), owed_by: owed_by.to_owned() }
        };
        self.last().turned_away = Some(reasons.iter().map(reason).collect());
    }

    /// How the case stands after the last document.
    fn last(&mut self) -> &mut Stands {
        let last = self.file.events.last_mut().map(|event| &mut event.outcome);
        let Some(EventOutcome::Registered(stands)) = last else { panic!("nothing was registered") };
        stands
    }

    /// What clocks come to after the last document, each at a time.
    pub(crate) fn clocks(&mut self, lines: &[ClockLine]) {
        self.last().clocks = Some(lines.to_vec());
    }

    /// Puts the clock back to the last document: what the terminal adds, it adds at once.
    pub(crate) fn at_once(&mut self) {
        self.clock = self.file.events.last().map_or(self.clock, |event| event.at);
    }

    /// A document that must be refused, and which document stands in the way.
    pub(crate) fn refused(
        &mut self,
        title: Title<'_>,
        said: Said<'_>,
        code: Code,
        names: impl Into<Option<DocId>>,
    ) {
        let signed = self.sealed(said);
        let named = Named { code: code.as_str().to_owned(), names: names.into() };
        self.push(title, &signed, EventOutcome::Refused(named));
    }

    fn sealed(&self, (by, kind, payload): Said<'_>) -> Signed<Document> {
        sealed(by, document(kind, payload), self.clock)
    }

    fn push(&mut self, (name, shows): Title<'_>, signed: &Signed<Document>, outcome: EventOutcome) {
        let (name, shows) = (name.to_owned(), shows.to_owned());
        let at = self.clock.plus(Duration::from_secs(1));
        let bytes = Hex(signed.bytes().to_vec());
        self.file.events.push(Event { name, shows, at, outcome, bytes });
        self.clock = self.clock.plus(Duration::from_secs(60));
    }
}

fn need(line: &str) -> NeedLine {
    let mut words = line.split(' ').map(str::to_owned);
    let mut word = || words.next().expect("a need is `light code owed_by`");
    let light = Some(word()).filter(|light| light != "-");
    NeedLine { light, code: word(), owed_by: word() }
}
