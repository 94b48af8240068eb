//! CUSRES, the answer of customs: a national status code, and for which bills and containers.
//!
//! What a code means differs from country to country, so the profile says it. Whatever the profile
//! does not know is a hold: a code, an agency, or no code at all. Of several codes the worst counts, and an answer that takes one back is a hold too.

use landside_proto::document::CustomsState;
use landside_proto::ids::{BillNo, ContainerNo, IdError, Reference};

use crate::container::{Title, container_no};
use crate::coreor::fields::rank;
use crate::coreor::{BILLS_MAX, Function, SourceRef, free, some, take_room};
use crate::entry::{self, Reading};
use crate::profile::{CustomsForm, Profile};
use crate::syntax::{Code, Fault, Interchange, Message, Note, Notes, Segment, quote};

/// Most status codes kept for one consignment; the standard allows 10.
pub const STATUSES_MAX: usize = 10;

/// Most texts kept for one consignment, of FTX and ERC; a page for a clerk.
pub const TEXTS_MAX: usize = 20;

/// What customs says of one consignment.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct CustomsAnswer {
    /// BGM.
    pub title: Title,
    /// Where the consignment stands.
    pub state: CustomsState,
    /// The codes it was read from, as they came.
    pub statuses: Vec<NationalStatus>,
    /// RFF: bills of lading, without repeats.
    pub bills: Vec<BillNo>,
    /// RFF: the declaration.
    pub declaration: Option<Reference>,
    /// EQD or RFF: containers; none for all of the consignment.
    pub containers: Vec<Result<ContainerNo, IdError>>,
    /// FTX: texts for people, and ERC: error codes as `error 123`.
    pub texts: Vec<String>,
    /// Where it was said.
    pub source: SourceRef,
    /// What was odd about it.
    pub notes: Vec<Note>,
}

/// A status code of a country (GIS C529).
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct NationalStatus {
    /// 7365.
    pub code: String,
    /// 1131; may be empty.
    pub list: String,
    /// 3055; may be empty.
    pub agency: String,
    /// What the profile says it means; `None` if it does not know the code.
    pub state: Option<CustomsState>,
}

impl CustomsAnswer {
    /// Why nothing can be made of it, in words for a clerk; `None` if nothing stands against.
    pub fn obstacle(&self) -> Option<String> {
        if let Some(error) = self.containers.iter().find_map(|c| c.as_ref().err()) {
            return Some(error.to_string());
        }
        let nothing = self.bills.is_empty() && self.containers.is_empty();
        nothing.then(|| "neither a bill of lading nor a container".to_owned())
    }
}

/// Reads every CUSRES of an interchange.
///
/// # Errors
/// A fault if nothing in it can be used or it names too many containers.
pub fn read(
    interchange: &Interchange<'_>,
    profile: &Profile,
) -> Result<Reading<CustomsAnswer>, Fault> {
    entry::read_all(
        interchange,
        profile,
        "CUSRES",
        |message, room, sink| each(interchange, message, profile, room, sink),
        CustomsAnswer::obstacle,
    )
}

/// Reads one message and gives what it says, one consignment at a time: each DOC group that names a
/// bill or container (D.00B), with the message's status where it has none of its own, and what stands
/// before the first of them.
///
/// # Errors
/// The interchange names too many containers.
pub fn each(
    interchange: &Interchange<'_>,
    message: &Message<'_>,
    profile: &Profile,
    room: &mut usize,
    sink: &mut dyn FnMut(CustomsAnswer),
) -> Result<Vec<Note>, Fault> {
    let mut notes = Notes::new(profile.syntax.strict);
    let mut title = None;
    let source = SourceRef::of_interchange(interchange).of_message(message);
    let (mut general, mut open) = (None, Open::default());
    let mut groups = 0;
    let mut give = |open: Open, general: Option<&Open>, title: &Title| {
        // A group that names nothing says nothing that the message does not.
        let says = !open.bills.is_empty() || !open.containers.is_empty();
        if says {
            groups += 1;
            sink(open.finish(title.clone(), general, profile, &source));
        } else if general.is_none() && groups == 0 {
            sink(open.finish(title.clone(), None, profile, &source));
        }
    };
    for segment in interchange.walk(message) {
        match segment.tag() {
            "BGM" => {
                // Every country has names of its own; none is odd.
                let name = [free(&segment.text(0, 0))];
                title = Some(Title::of(&segment, (&[&name], ""), &mut notes));
            }
            "DOC" => {
                let done = core::mem::take(&mut open);
                let title = title.get_or_insert_with(|| Title::none(message.place, &mut notes));
                match &general {
                    None => general = Some(done),
                    Some(header) => give(done, Some(header), title),
                }
            }
            _ => open.take(&segment, &profile.customs, room)?,
        }
    }
    let title = title.unwrap_or_else(|| Title::none(message.place, &mut notes));
    if let Some(header) = general {
        give(open, Some(&header), &title);
        open = header;
    }
    give(open, None, &title);
    Ok(notes.into_list())
}

/// A consignment, as far as it was read.
#[derive(Default)]
struct Open {
    statuses: Vec<NationalStatus>,
    bills: Vec<BillNo>,
    declaration: Option<Reference>,
    containers: Vec<Result<ContainerNo, IdError>>,
    texts: Vec<String>,
    place: crate::syntax::Place,
    notes: Notes,
}

impl Open {
    fn take(
        &mut self,
        segment: &Segment<'_>,
        form: &CustomsForm,
        room: &mut usize,
    ) -> Result<(), Fault> {
        if self.place.segment == 0 {
            self.place = segment.place();
        }
        match segment.tag() {
            "GIS" => self.take_status(segment, form),
            "RFF" => return self.take_reference(segment, form, room),
            "EQD" => return self.take_container(&segment.text(1, 0), segment, room),
            // C108: free text in up to five parts.
            "FTX" => {
                let parts: Vec<_> = (0..5).map(|part| segment.text(3, part)).collect();
                let parts: Vec<_> = parts.iter().map(|p| &**p).filter(|p| !p.is_empty()).collect();
                self.take_text(&parts.join(" "));
            }
            // C901 9321.
            "ERC" => self.take_text(&format!("error {}", segment.text(0, 0))),
            _ => {}
        }
        Ok(())
    }

    fn take_text(&mut self, text: &str) {
        if self.texts.len() < TEXTS_MAX {
            self.texts.extend(some(text));
        }
    }

    /// GIS C529: 7365 code, 1131 list, 3055 agency.
    fn take_status(&mut self, segment: &Segment<'_>, form: &CustomsForm) {
        let [code, list, agency] = [0, 1, 2].map(|part| free(&segment.text(0, part)));
        let state = meaning(form, &code, &agency);
        if state.is_none() {
            let whose = if agency.is_empty() { "no agency" } else { &agency };
            let text = format!(
                "status {} of {} is not in the profile; it counts as a hold",
                quote(&code),
                quote(whose)
            );
            self.notes.add(Code::StatusUnknown, segment.place(), text);
        }
        if self.statuses.len() < STATUSES_MAX {
            self.statuses.push(NationalStatus { code, list, agency, state });
        } else {
            // One more than is kept must not be the hold that nobody saw.
            let full = NationalStatus { code, list, agency, state: None };
            self.statuses.pop();
            self.statuses.push(full);
            let text = format!("more than {STATUSES_MAX} status codes; it counts as a hold");
            self.notes.add(Code::TooManyValues, segment.place(), text);
        }
    }

    fn take_reference(
        &mut self,
        segment: &Segment<'_>,
        form: &CustomsForm,
        room: &mut usize,
    ) -> Result<(), Fault> {
        let (qualifier, text) = (segment.text(0, 0), segment.text(0, 1));
        if rank(&form.container, &qualifier).is_some() {
            return self.take_container(&text, segment, room);
        }
        let bill = rank(&form.bill, &qualifier).is_some();
        let declaration = rank(&form.declaration, &qualifier).is_some();
        if !bill && !declaration {
            return Ok(());
        }
        if text.is_empty() {
            let text = format!("reference {} is empty", quote(&qualifier));
            self.notes.add(Code::ReferenceEmpty, segment.place(), text);
            return Ok(());
        }
        if bill {
            match BillNo::parse(&text) {
                Err(error) => {
                    self.notes.add(Code::ReferenceUnreadable, segment.place(), error.to_string());
                }
                Ok(bill) if self.bills.contains(&bill) => {}
                Ok(_) if self.bills.len() == BILLS_MAX => {
                    let text = format!("more than {BILLS_MAX} bills of lading");
                    self.notes.add(Code::TooManyValues, segment.place(), text);
                }
                Ok(bill) => self.bills.push(bill),
            }
        }
        if declaration && self.declaration.is_none() {
            self.declaration = Reference::parse(&text).ok();
        }
        Ok(())
    }

    fn take_container(
        &mut self,
        number: &str,
        segment: &Segment<'_>,
        room: &mut usize,
    ) -> Result<(), Fault> {
        take_room(room, segment)?;
        let container = container_no(number, segment.place(), &mut self.notes);
        self.containers.push(container);
        Ok(())
    }

    /// `header` has what the message says of all its consignments.
    fn finish(
        mut self,
        title: Title,
        header: Option<&Self>,
        profile: &Profile,
        source: &SourceRef,
    ) -> CustomsAnswer {
        if let (Some(header), true) = (header, self.statuses.is_empty()) {
            self.statuses.clone_from(&header.statuses);
        }
        if self.statuses.is_empty() {
            let text = "customs states no status; it counts as a hold";
            self.notes.add(Code::StatusUnknown, self.place, text);
        }
        let is_error = profile.customs.error.contains(&title.name);
        let mut state = worst(&self.statuses, is_error);
        let taken_back = matches!(title.function, Function::Cancellation | Function::Deletion);
        if taken_back && state == CustomsState::Released {
            state = CustomsState::Held;
            let text = "the answer takes an earlier one back; it counts as a hold";
            self.notes.add(Code::StatusUnknown, self.place, text);
        }
        if let Some(header) = header {
            if self.bills.is_empty() {
                self.bills.clone_from(&header.bills);
            }
            if self.containers.is_empty() {
                self.containers.clone_from(&header.containers);
            }
            self.declaration = self.declaration.or_else(|| header.declaration.clone());
        }
        let Self { statuses, bills, declaration, containers, texts, notes, .. } = self;
        let (source, notes) = (source.clone(), notes.into_list());
        CustomsAnswer {
            title,
            state,
            statuses,
            bills,
            declaration,
            containers,
            texts,
            source,
            notes,
        }
    }
}

/// What the profile says a code of an agency means.
pub(crate) fn meaning(form: &CustomsForm, code: &str, agency: &str) -> Option<CustomsState> {
    if !agency.is_empty() && !form.agencies.iter().any(|ours| ours == agency) {
        return None;
    }
    let lists = [
        (&form.released, CustomsState::Released),
        (&form.held, CustomsState::Held),
        (&form.exam, CustomsState::Exam),
        (&form.scan, CustomsState::Scan),
        (&form.rejected, CustomsState::Rejected),
    ];
    let listed = lists.into_iter().find(|(list, _)| list.iter().any(|listed| listed == code));
    listed.map(|(_, state)| state)
}

/// Free only where every code says so; an error is a rejection whatever else is said.
fn worst(statuses: &[NationalStatus], is_error: bool) -> CustomsState {
    let states = || statuses.iter().map(|status| status.state.unwrap_or(CustomsState::Held));
    let order =
        [CustomsState::Rejected, CustomsState::Held, CustomsState::Exam, CustomsState::Scan];
    match order.into_iter().find(|bad| states().any(|state| state == *bad)) {
        _ if is_error => CustomsState::Rejected,
        Some(bad) => bad,
        None if statuses.is_empty() => CustomsState::Held,
        None => CustomsState::Released,
    }
}
