//! Rows against the directory: what would be added and changed, which rows cannot be, and the changes for the rest.
//!
//! All rows of a file take effect at once, so a value may move from one user to another within a file. A row that takes a
//! value depends on the row that gives it up: when the latter is refused, so is the former.

use std::collections::{BTreeSet, HashMap};

use super::{BadRow, Reason, Row, Table};
use crate::{
    clock::UnixMillis,
    directory::{
        Account, Change, CodeChange, DeviceId, DeviceParts, Directory, Edit, Profile, Secret, UserId,
        UserParts,
        device::{CreatedBy, Equipment, Relation},
        refusal::{Field, Refusal},
    },
};

/// How an import deals with bad rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Options {
    /// Import the good rows although others are bad; otherwise one bad row refuses the file.
    pub skip_bad: bool,
}

/// What an import would do.
#[derive(Debug, Clone, Default)]
pub struct Import {
    /// For the journal; empty when the file is refused or changes nothing.
    pub changes: Vec<Change>,
    /// For people.
    pub report: Report,
}

/// What an import does, for people.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Report {
    /// New users.
    pub added: Vec<Added>,
    /// Users with other values than before.
    pub changed: Vec<Changed>,
    /// Users that are already as the file says.
    pub unchanged: usize,
    /// Bad rows, in the order of lines.
    pub refused: Vec<BadRow>,
}

impl Report {
    /// Whether the good rows take effect.
    #[must_use]
    pub fn takes_effect(&self, options: Options) -> bool {
        options.skip_bad || self.refused.is_empty()
    }
}

/// A new user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Added {
    /// Line of the file.
    pub line: u32,
    /// Extension.
    pub number: Box<str>,
    /// Name.
    pub long_name: Box<str>,
}

/// A user with other values than before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Changed {
    /// Line of the file.
    pub line: u32,
    /// Extension.
    pub number: Box<str>,
    /// Which.
    pub fields: Vec<FieldChange>,
}

/// One field of a user; of a password only that it changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldChange {
    /// Which.
    pub field: Field,
    /// Before.
    pub old: Box<str>,
    /// After.
    pub new: Box<str>,
}

impl Directory {
    /// Compares a file with the directory. `fill` gives random octets, for the authentication codes of new devices.
    ///
    /// A dry run throws the changes away.
    pub fn plan_import(
        &mut self,
        wall: UnixMillis,
        table: Table,
        options: Options,
        fill: &mut dyn FnMut(&mut [u8]),
    ) -> Import {
        let mut bad = table.bad;
        let mut wishes: Vec<Wish> = table.rows.into_iter().map(|row| self.wish(row)).collect();
        Judgement::new(self, &wishes).judge(&mut bad);
        bad.sort_by_key(|row| row.line);
        wishes.retain(|wish| bad.binary_search_by_key(&wish.row.line, |row| row.line).is_err());

        let mut report = Report { refused: bad, ..Report::default() };
        for wish in &wishes {
            self.tell(wish, &mut report);
        }
        let mut changes = Vec::new();
        if report.takes_effect(options) {
            self.carry_out(wall, wishes, fill, &mut changes);
        }
        Import { changes, report }
    }

    fn wish(&self, row: Row) -> Wish {
        let user = self.user_by_number(&row.number);
        let mut profile = user.map(|user| user.profile.clone()).unwrap_or_default();
        let mut account = user.map(|user| user.account.clone()).unwrap_or_default();
        profile.long_name.clone_from(&row.long_name);
        profile.number.clone_from(&row.number);
        let set = |field: &mut Box<str>, value: &Option<Box<str>>| {
            if let Some(value) = value {
                field.clone_from(value);
            }
        };
        set(&mut profile.name, &row.name);
        set(&mut profile.display_name, &row.display_name);
        set(&mut profile.idle_display, &row.idle_display);
        set(&mut account.auth_name, &row.auth_name);
        if row.password.is_some() {
            account.sip_password.clone_from(&row.password);
        }
        Wish { user: user.map(|user| user.id), row, profile, account }
    }

    fn tell(&self, wish: &Wish, report: &mut Report) {
        let (line, number) = (wish.row.line, wish.row.number.clone());
        let Some(user) = wish.user.and_then(|id| self.user(id)) else {
            report.added.push(Added { line, number, long_name: wish.row.long_name.clone() });
            return;
        };
        let mut fields = Vec::new();
        let mut compare = |field, old: &str, new: &str| {
            if old != new {
                fields.push(FieldChange { field, old: old.into(), new: new.into() });
            }
        };
        compare(Field::LongName, &user.profile.long_name, &wish.profile.long_name);
        compare(Field::Name, &user.profile.name, &wish.profile.name);
        compare(Field::DisplayName, &user.profile.display_name, &wish.profile.display_name);
        compare(Field::AuthName, &user.account.auth_name, &wish.account.auth_name);
        compare(Field::IdleDisplay, &user.profile.idle_display, &wish.profile.idle_display);
        if let Some(ipei) = &wish.row.ipei {
            compare(Field::Ipei, &self.fixed_ipei(user.id), &ipei.compact());
        }
        if user.account.sip_password != wish.account.sip_password {
            compare(Field::Password, "", "(changed)");
        }
        if fields.is_empty() {
            report.unchanged += 1;
        } else {
            report.changed.push(Changed { line, number, fields });
        }
    }

    fn carry_out(
        &mut self,
        wall: UnixMillis,
        wishes: Vec<Wish>,
        fill: &mut dyn FnMut(&mut [u8]),
        changes: &mut Vec<Change>,
    ) {
        let wanted: BTreeSet<DeviceId> =
            wishes.iter().filter_map(|wish| Some(self.device_by_ipei(wish.row.ipei.as_ref()?)?.id)).collect();
        for wish in wishes {
            let ipei = wish.row.ipei;
            let user = match wish.user {
                Some(id) => {
                    changes.extend(self.edit_to(wall, id, wish));
                    id
                }
                None => {
                    let id = self.next_user_id();
                    let parts = UserParts {
                        profile: Some(Box::new(wish.profile)),
                        account: Some(wish.account),
                        ..UserParts::default()
                    };
                    changes.push(self.change(wall, Edit::User(id, parts)));
                    id
                }
            };
            if let Some(ipei) = ipei {
                self.equip(wall, user, ipei, &wanted, fill, changes);
            }
        }
    }

    fn edit_to(&mut self, wall: UnixMillis, id: UserId, wish: Wish) -> Option<Change> {
        let user = self.user(id)?;
        let parts = UserParts {
            profile: (user.profile != wish.profile).then(|| Box::new(wish.profile)),
            account: (user.account != wish.account).then_some(wish.account),
            ..UserParts::default()
        };
        (parts != UserParts::default()).then(|| self.change(wall, Edit::User(id, parts)))
    }

    /// Gives the user the device with this IPEI for good. A device that it had becomes free, unless another row of the same
    /// file takes it.
    fn equip(
        &mut self,
        wall: UnixMillis,
        user: UserId,
        ipei: dect::Ipei,
        wanted: &BTreeSet<DeviceId>,
        fill: &mut dyn FnMut(&mut [u8]),
        changes: &mut Vec<Change>,
    ) {
        let relation = Some(Relation::Fixed(user));
        let known = self.device_by_ipei(&ipei).map(|device| device.id);
        if known.is_some_and(|device| Some(self.relation(device)) == relation) {
            return;
        }
        let left = self.device_of_user(user).map(|device| device.id);
        if let Some(left) = left.filter(|left| !wanted.contains(left)) {
            let parts = DeviceParts { relation: Some(Relation::Unbound), ..DeviceParts::default() };
            changes.push(self.change(wall, Edit::Device(left, parts)));
        }
        let (device, parts) = match known {
            Some(device) => (device, DeviceParts { relation, ..DeviceParts::default() }),
            None => {
                let equipment = Some(Equipment::new(ipei, CreatedBy::Administrator));
                let auth_code = Some(CodeChange::Set(random_code(fill)));
                (self.next_device_id(), DeviceParts { equipment, auth_code, relation })
            }
        };
        changes.push(self.change(wall, Edit::Device(device, parts)));
    }

    /// The IPEI of the user's own device; a shared one that it is logged in at does not count.
    pub(super) fn fixed_ipei(&self, user: UserId) -> String {
        self.device_of_user(user)
            .filter(|device| matches!(self.relation(device.id), Relation::Fixed(_)))
            .map_or_else(String::new, |device| device.ipei().compact())
    }
}

/// A row and what its user would be.
struct Wish {
    row: Row,
    user: Option<UserId>,
    profile: Profile,
    account: Account,
}

/// Finds the rows that cannot be carried out together with the others.
struct Judgement<'a> {
    directory: &'a Directory,
    wishes: &'a [Wish],
    /// By user: the row that updates it.
    of_user: HashMap<UserId, usize>,
    /// By row: rows that take what it gives up.
    takers: HashMap<usize, Vec<(usize, Reason)>>,
    reasons: Vec<Vec<Reason>>,
}

impl<'a> Judgement<'a> {
    fn new(directory: &'a Directory, wishes: &'a [Wish]) -> Self {
        let of_user = wishes.iter().enumerate().filter_map(|(at, wish)| Some((wish.user?, at))).collect();
        Self { directory, wishes, of_user, takers: HashMap::new(), reasons: vec![Vec::new(); wishes.len()] }
    }

    fn judge(mut self, bad: &mut Vec<BadRow>) {
        self.compare_rows();
        for at in 0..self.wishes.len() {
            self.compare_with_directory(at);
        }
        let mut fallen: Vec<usize> =
            (0..self.wishes.len()).filter(|at| !self.reasons[*at].is_empty()).collect();
        while let Some(at) = fallen.pop() {
            for (taker, reason) in self.takers.remove(&at).unwrap_or_default() {
                if self.reasons[taker].is_empty() {
                    fallen.push(taker);
                }
                self.reasons[taker].push(reason);
            }
        }
        for (wish, reasons) in self.wishes.iter().zip(self.reasons) {
            bad.extend(reasons.into_iter().map(|reason| BadRow { line: wish.row.line, reason }));
        }
    }

    /// No two rows may want the same; the first one stands.
    fn compare_rows(&mut self) {
        let wishes = self.wishes;
        let mut addresses: HashMap<&str, usize> = HashMap::with_capacity(wishes.len());
        let mut long_names: HashMap<&str, usize> = HashMap::with_capacity(wishes.len());
        let mut ipeis: HashMap<&dect::Ipei, usize> = HashMap::new();
        for (at, wish) in wishes.iter().enumerate() {
            let profile = &wish.profile;
            let mut found = Vec::new();
            let mut claim = |field, earlier: usize| {
                if earlier != at {
                    found.push(Reason::SameAs { field, line: wishes[earlier].row.line });
                }
            };
            claim(Field::Number, *addresses.entry(&profile.number).or_insert(at));
            if !profile.name.is_empty() {
                claim(Field::Name, *addresses.entry(&profile.name).or_insert(at));
            }
            claim(Field::LongName, *long_names.entry(&profile.long_name).or_insert(at));
            if let Some(ipei) = &wish.row.ipei {
                claim(Field::Ipei, *ipeis.entry(ipei).or_insert(at));
            }
            self.reasons[at].append(&mut found);
        }
    }

    fn compare_with_directory(&mut self, at: usize) {
        let (directory, profile) = (self.directory, &self.wishes[at].profile);
        let addresses = |text: &str| {
            let numbers = directory.by_number.claimants(text).iter();
            numbers.chain(directory.by_name.claimants(text)).copied().collect::<Vec<_>>()
        };
        self.claim(at, Field::Number, &addresses(&profile.number), |p| {
            [&*p.number, &*p.name].contains(&&*profile.number)
        });
        if !profile.name.is_empty() {
            self.claim(at, Field::Name, &addresses(&profile.name), |p| {
                [&*p.number, &*p.name].contains(&&*profile.name)
            });
        }
        let namesakes = directory.by_long_name.claimants(&*profile.long_name);
        self.claim(at, Field::LongName, namesakes, |p| p.long_name == profile.long_name);
        if let Some(ipei) = self.wishes[at].row.ipei {
            self.claim_device(at, ipei);
        }
    }

    /// `at` wants a value that `holders` have now. It gets it from those whose own row gives it up.
    fn claim(&mut self, at: usize, field: Field, holders: &[UserId], keeps: impl Fn(&Profile) -> bool) {
        for holder in holders.iter().filter(|holder| Some(**holder) != self.wishes[at].user) {
            let giver =
                self.of_user.get(holder).copied().filter(|giver| !keeps(&self.wishes[*giver].profile));
            self.refuse_or_wait(at, field, *holder, giver);
        }
    }

    fn claim_device(&mut self, at: usize, ipei: dect::Ipei) {
        let Some(holder) = self
            .directory
            .device_by_ipei(&ipei)
            .and_then(|device| self.directory.relation(device.id).user())
            .filter(|holder| Some(*holder) != self.wishes[at].user)
        else {
            return;
        };
        let giver = self.of_user.get(&holder).copied();
        let giver = giver.filter(|giver| self.wishes[*giver].row.ipei.is_some_and(|other| other != ipei));
        self.refuse_or_wait(at, Field::Ipei, holder, giver);
    }

    fn refuse_or_wait(&mut self, at: usize, field: Field, holder: UserId, giver: Option<usize>) {
        let number = self.directory.user(holder).map(|user| user.profile.number.clone()).unwrap_or_default();
        let reason = Reason::Refused(Refusal::TakenByUser { field, user: holder, number });
        match giver {
            Some(giver) => self.takers.entry(giver).or_default().push((at, reason)),
            None => self.reasons[at].push(reason),
        }
    }
}

/// Eight digits.
fn random_code(fill: &mut dyn FnMut(&mut [u8])) -> Secret {
    let mut octets = [0; 8];
    fill(&mut octets);
    Secret::new(format!("{:08}", u64::from_le_bytes(octets) % 100_000_000))
}
