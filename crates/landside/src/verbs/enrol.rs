//! `landside enrol`: a haulier vouches for a driver's device key (driver-credential).

use std::path::Path;

use clap::Args;
use landside_node::control::Request;
use landside_proto::document::Kind;
use landside_proto::ids::{PartyId, Reference};
use landside_proto::key::{KeyId, PublicKey};
use serde_json::{Map, Value};

use crate::exit::{Exit, Failed};
use crate::fields::{self, Fields};
use crate::node::{self, Node, Wait};
use crate::output::Output;
use crate::span::{now, span};

/// Cases asked for at once.
const PAGE: usize = 200;

/// Whose key, and for how long.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  landside enrol --name \"Wang Wei\" --days 365 \\\n    \
    --key ed25519:d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a\n\n\
    A lost phone: enrol the new key with --replaces. The old one is dead at once, and the new one is\n\
    bound where this party had bound the old one: the terminal issues its passes anew.")]
pub(crate) struct EnrolArgs {
    /// The device key.
    #[arg(long, value_parser = PublicKey::parse)]
    key: PublicKey,
    /// The driver's name.
    #[arg(long, value_name = "TEXT")]
    name: String,
    /// How many days it counts.
    #[arg(long, default_value = "365", value_parser = clap::value_parser!(u16).range(1..))]
    days: u16,
    /// Licence number.
    #[arg(long, value_parser = Reference::parse)]
    licence: Option<Reference>,
    /// Key id (16 digits) of the device that this one replaces.
    #[arg(long, value_name = "KEYID", value_parser = KeyId::parse)]
    replaces: Option<KeyId>,
    /// With --replaces: do not bind the new device where the old one is bound.
    #[arg(long, requires = "replaces")]
    no_bind: bool,
    /// Take the key away instead: it speaks for nobody from now on.
    #[arg(long)]
    withdraw: bool,
    /// Tell only these terminals [default: every terminal].
    #[arg(long, value_name = "PARTY", value_parser = PartyId::parse)]
    to: Vec<PartyId>,
    #[command(flatten)]
    wait: Wait,
}

/// Vouches for the key, or withdraws it.
///
/// # Errors
/// As [`Node::ask`].
pub(crate) async fn run(args: EnrolArgs, home: &Path, out: &Output) -> Result<Exit, Failed> {
    let days = span(&format!("{}d", args.days))
        .map_err(|error| Failed::usage("days", error, "give fewer days"))?;
    let mut said = Fields::new();
    fields::put(&mut said, "key", args.key);
    fields::put(&mut said, "name", args.name);
    fields::put_some(&mut said, "licence", args.licence);
    fields::put(&mut said, "valid_until", now().plus(days));
    fields::put(&mut said, "state", if args.withdraw { "withdrawn" } else { "active" });
    fields::put_some(&mut said, "replaces", args.replaces);
    let to = args.to.iter().map(ToString::to_string).collect();
    let request = node::request(Kind::DriverCredential, said, to, args.wait);
    let node = Node::of(home)?;
    let mut exit = node.ask(&request, out).await?;
    let Some(old) = args.replaces.filter(|_| !args.no_bind && !args.withdraw) else {
        return Ok(exit);
    };
    // The credential may be on its way yet; what is bound after it comes after it.
    for (case, plate) in bound(&node, old).await? {
        let mut said = fields::of_case(&case);
        fields::put(&mut said, "driver", args.key);
        fields::put(&mut said, "plate", plate);
        exit = exit.max(node.issue(Kind::DriverBinding, said, args.wait, out).await?);
    }
    Ok(exit)
}

/// Case code and plate of every open case in which this party holds the right and a device is bound.
async fn bound(node: &Node, device: KeyId) -> Result<Vec<(String, String)>, Failed> {
    let me = node.home().actor()?.to_string();
    let (mut bound, mut after) = (Vec::new(), None);
    loop {
        let page = node.gather(&Request::Cases { after: after.take(), limit: PAGE }).await?;
        for line in &page {
            let code = line.get("code").and_then(Value::as_str).unwrap_or_default();
            if line.get("state").and_then(Value::as_str) == Some("open") {
                let subject = code.to_owned();
                let cases = node.gather(&Request::Status { subject }).await?;
                let plates = cases.iter().filter_map(|case| plate_of(case, &me, device));
                bound.extend(plates.map(|plate| (code.to_owned(), plate)));
            }
            after = Some(code.to_owned());
        }
        if page.len() < PAGE {
            return Ok(bound);
        }
    }
}

/// The plate bound with a device in a case whose right a party holds.
fn plate_of(case: &Map<String, Value>, holder: &str, device: KeyId) -> Option<String> {
    let driver = case.get("driver")?;
    let key = PublicKey::parse(driver.get("key")?.as_str()?).ok()?;
    let holds = case.get("right")?.get("holder")?.as_str()? == holder;
    (holds && key.id() == device).then(|| driver.get("plate")?.as_str().map(str::to_owned))?
}

#[cfg(test)]
mod tests {
    use landside_proto::key::{SecretKey, Signer as _};
    use serde_json::json;

    use super::*;

    #[test]
    fn a_device_is_bound_anew_only_where_it_was_bound_and_by_who_holds_the_right() {
        let [old, other] = [1, 2].map(|n| SecretKey::from_seed([n; 32]).public_key());
        let case = |driver: Value, holder: Value| {
            let case = json!({ "driver": driver, "right": { "holder": holder } });
            plate_of(case.as_object().unwrap(), "haulier", old.id())
        };
        let bound = json!({ "key": old, "plate": "T417KLM" });
        assert_eq!(case(bound.clone(), json!("haulier")).as_deref(), Some("T417KLM"));
        assert_eq!(case(bound, json!("sub-haulier")), None);
        assert_eq!(case(json!({ "key": other, "plate": "T417KLM" }), json!("haulier")), None);
        assert_eq!(case(Value::Null, json!("haulier")), None);
        assert_eq!(plate_of(&Map::new(), "haulier", old.id()), None);
    }
}
