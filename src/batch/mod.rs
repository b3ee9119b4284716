//! Calling many people with one description of a call, no more at a time than the API has slots for.
//!
//! The API takes `customers` in place of `customer` and answers what became of each. [`dial`](crate::resources::Calls::dial) sends
//! them in slices: the first of one customer, whose answer tells how many calls may run at once, the next as large as that
//! allows. When no slot is free it waits until some of its calls have ended.

mod batch_response;
mod concurrency;

use std::collections::{BTreeMap, VecDeque};
use std::fmt;
use std::future::{Future, IntoFuture};
use std::pin::Pin;
use std::time::Duration;

use http::StatusCode;
use serde_json::{Map, Value};

use crate::by_name::to_value;
use crate::client::Client;
use crate::error::{Error, Result};
use crate::transport::{self, Draft};
use crate::types::{Call, CreateCallDto, CreateCustomerDto};
use crate::wait::Pace;
use batch_response::{Answered, Told, read};
use concurrency::Slots;

/// Customers in one request, unless told otherwise: if its answer is lost, it is not known of so many whether they were called.
const SLICE: usize = 10;
const USUAL_PATIENCE: Duration = Duration::from_secs(30 * 60);

impl<'c> crate::resources::Calls<'c> {
    /// Calls many customers: `call` says how, and its `customer` is not used. Await it to have the report.
    ///
    /// ```no_run
    /// # async fn example(vapi: vapi::Client, assistant: &str, line: &str) -> vapi::Result<()> {
    /// use vapi::types::{CreateCallDto, CreateCustomerDto};
    ///
    /// let call = CreateCallDto::new().assistant_id(assistant).phone_number_id(line);
    /// let customers = ["+15555550101", "+15555550102"].map(|number| CreateCustomerDto::new().number(number));
    /// let report = vapi.calls().dial(call, customers).await;
    /// for dialled in &report.customers {
    ///     println!("{:?}: {:?}", dialled.customer.number, dialled.outcome);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// **Nobody is called twice by this.** A request of which it is not known whether it reached the API is not sent again; its
    /// customers are reported as [`Unknown`](Outcome::Unknown), and those after them are not called. Overrides of a customer replace
    /// those of the call.
    ///
    /// A call with a `schedule_plan` takes no slot before its time, and is not held back.
    pub fn dial<C: Into<CreateCustomerDto>>(
        &self,
        call: impl Into<CreateCallDto>,
        customers: impl IntoIterator<Item = C>,
    ) -> Dial<'c> {
        let call = call.into();
        let template = match to_value(&call) {
            Ok(Value::Object(template)) => template,
            // Sending refuses what can't be written, as it does for a single call.
            _ => Map::new(),
        };
        let (client, draft) = self.create(call).into_parts();
        Dial {
            client: client.clone(),
            draft,
            template,
            customers: customers.into_iter().map(Into::into).collect(),
            slice: SLICE,
            patience: USUAL_PATIENCE,
            pace: Pace::growing(),
            on_outcome: None,
        }
    }
}

// What names calls and customers here is `#[inline]`, so that nothing of these types, which hold most of the API's, is compiled
// before a program dials.

/// Many calls to be made, by [`dial`](crate::resources::Calls::dial).
#[must_use = "nobody is called until this is awaited"]
pub struct Dial<'c> {
    client: Client,
    /// The request, with a body that each slice replaces.
    draft: Draft,
    template: Map<String, Value>,
    customers: Vec<CreateCustomerDto>,
    slice: usize,
    patience: Duration,
    pace: Pace,
    on_outcome: Option<OnOutcome<'c>>,
}

type OnOutcome<'c> = Box<dyn FnMut(&Dialled) + Send + 'c>;

/// What became of one customer.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Dialled {
    /// The customer, as given.
    pub customer: CreateCustomerDto,
    /// What became of them.
    pub outcome: Outcome,
}

/// What became of one customer's call.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Outcome {
    /// The call was created.
    Called(Box<Call>),
    /// The API did not call, and says why.
    Refused(String),
    /// The request was sent, and it is not known what came of it. Look at the list of calls before calling again.
    Unknown,
    /// Nothing was sent that could have called them.
    NotDialled,
}

/// What became of all customers, in the order in which they were given.
#[derive(Debug)]
#[non_exhaustive]
pub struct Report {
    /// One for each customer.
    pub customers: Vec<Dialled>,
    /// Calls that were created and could not be told whose they are: those of customers reported as unknown.
    pub unmatched: Vec<Call>,
    /// Why it stopped before the last customer, if it did.
    pub error: Option<Error>,
}

impl Report {
    /// The calls that were created.
    #[inline]
    pub fn calls(&self) -> impl Iterator<Item = &Call> {
        let matched = self.customers.iter().filter_map(|dialled| match &dialled.outcome {
            Outcome::Called(call) => Some(&**call),
            _ => None,
        });
        matched.chain(&self.unmatched)
    }

    /// The customers of whom nothing was sent: those to give to another [`dial`](crate::resources::Calls::dial).
    #[inline]
    pub fn not_dialled(&self) -> impl Iterator<Item = &CreateCustomerDto> {
        self.with(|outcome| matches!(outcome, Outcome::NotDialled))
    }

    /// The customers of whom it is not known whether they were called.
    #[inline]
    pub fn unknown(&self) -> impl Iterator<Item = &CreateCustomerDto> {
        self.with(|outcome| matches!(outcome, Outcome::Unknown))
    }

    #[inline]
    fn with(&self, is: fn(&Outcome) -> bool) -> impl Iterator<Item = &CreateCustomerDto> {
        let dialled = self.customers.iter().filter(move |dialled| is(&dialled.outcome));
        dialled.map(|dialled| &dialled.customer)
    }
}

impl<'c> Dial<'c> {
    /// Sends at most this many customers in one request, instead of ten. More are fewer requests, and more customers of whom nothing
    /// is known if an answer is lost.
    #[inline]
    pub fn at_most(mut self, customers: usize) -> Self {
        self.slice = customers.max(1);
        self
    }

    /// Waits no longer than this for a free slot, instead of half an hour.
    #[inline]
    pub fn patience(mut self, longest: Duration) -> Self {
        self.patience = longest;
        self
    }

    /// Looks for a free slot at this interval, instead of growing ones between one second and ten.
    #[inline]
    pub fn poll_every(mut self, interval: Duration) -> Self {
        self.pace = Pace::Even(interval);
        self
    }

    /// Is called for each customer as soon as it is known what became of them: what is known is then not lost if this is dropped
    /// half way.
    #[inline]
    pub fn on_outcome(mut self, outcome: impl FnMut(&Dialled) + Send + 'c) -> Self {
        self.on_outcome = Some(Box::new(outcome));
        self
    }

    #[inline]
    async fn run(mut self) -> Report {
        let customers = std::mem::take(&mut self.customers);
        let mut done: Vec<Option<Dialled>> = customers.iter().map(|_| None).collect();
        let mut waiting: VecDeque<(usize, CreateCustomerDto)> = customers.into_iter().enumerate().collect();
        let mut unmatched = Vec::new();
        let mut slots = Slots::new(self.template.contains_key("schedulePlan"));
        let error = loop {
            if waiting.is_empty() {
                break None;
            }
            let free = slots.free();
            if free == 0 {
                match slots.wait(&self.client, self.pace, self.patience).await {
                    Ok(()) => continue,
                    Err(error) => break Some(error),
                }
            }
            let size = free.min(self.slice).min(waiting.len());
            let request = self.request(waiting.iter().take(size).map(|(_, customer)| customer));
            match send(&self.client, request).await {
                Ok(answered) => {
                    slots.told(&answered);
                    let calls = answered.unmatched.iter();
                    unmatched.extend(calls.filter_map(|call| serde_json::from_str(call.get()).ok()));
                    for (told, customer) in answered.customers.into_iter().zip(waiting.drain(..size)) {
                        self.report(&mut done, customer, slots.outcome(told));
                    }
                }
                // The API is sure that nobody was called, and others may have taken the slots.
                Err(error) if is_busy(&error) => {
                    if let Err(error) = slots.refused(error, self.patience) {
                        break Some(error);
                    }
                }
                Err(error) => {
                    if let Some(blamed) = blamed(&error, size) {
                        for (index, why) in blamed.into_iter().rev() {
                            if let Some(customer) = waiting.remove(index) {
                                self.report(&mut done, customer, Outcome::Refused(why));
                            }
                        }
                        continue;
                    }
                    if may_have_called(&error) {
                        for customer in waiting.drain(..size) {
                            self.report(&mut done, customer, Outcome::Unknown);
                        }
                    }
                    break Some(error);
                }
            }
        };
        for customer in waiting {
            self.report(&mut done, customer, Outcome::NotDialled);
        }
        Report {
            customers: done.into_iter().flatten().collect(),
            unmatched,
            error,
        }
    }

    #[inline]
    fn report(&mut self, done: &mut [Option<Dialled>], customer: (usize, CreateCustomerDto), outcome: Outcome) {
        let (index, customer) = customer;
        let dialled = Dialled { customer, outcome };
        if let Some(on_outcome) = &mut self.on_outcome {
            on_outcome(&dialled);
        }
        if let Some(place) = done.get_mut(index) {
            *place = Some(dialled);
        }
    }

    /// The request for some customers, and they as they are in it.
    #[inline]
    fn request<'a>(&self, customers: impl Iterator<Item = &'a CreateCustomerDto>) -> Result<(Draft, Vec<Value>)> {
        let origin = self.draft.origin();
        let customers: serde_json::Result<Vec<Value>> = customers.map(to_value).collect();
        let customers = customers
            .map_err(|cause| Error::input(format!("a customer can't be written as JSON: {cause}")).at(origin))?;
        let mut body = self.template.clone();
        body.remove("customer");
        body.insert("customers".to_owned(), Value::Array(customers.clone()));
        let draft = self.draft.try_clone();
        let mut draft = draft.ok_or_else(|| Error::input("a call has no upload").at(origin))?;
        draft.json(&body);
        Ok((draft, customers))
    }
}

async fn send(client: &Client, request: Result<(Draft, Vec<Value>)>) -> Result<Answered> {
    let (draft, customers) = request?;
    let origin = draft.origin().clone();
    let answer = transport::send(client.shared(), draft).await?;
    read(&answer.body, &customers).map_err(|cause| {
        Error::decode_answer(answer.status, &answer.headers, answer.body.clone(), &cause, None)
            .at(&origin)
            .after(answer.attempts)
    })
}

/// Whether it is not certain that the request did nothing.
fn may_have_called(error: &Error) -> bool {
    if error.is_connect() || error.is_invalid_input() {
        return false;
    }
    match error.status() {
        // A gateway's, which does not know either.
        Some(StatusCode::REQUEST_TIMEOUT) => true,
        Some(status) => !status.is_client_error(),
        None => true,
    }
}

/// The customers that the API finds wrong, each with its reason, if it refused the request for theirs alone: nobody was called then,
/// and the others can be.
fn blamed(error: &Error, size: usize) -> Option<BTreeMap<usize, String>> {
    if !error.is_bad_request() || error.messages().is_empty() {
        return None;
    }
    let mut blamed: BTreeMap<usize, String> = BTreeMap::new();
    for message in error.messages() {
        let (index, why) = message.strip_prefix("customers.")?.split_once('.')?;
        let index = index.parse().ok().filter(|index| *index < size)?;
        let so_far = blamed.entry(index).or_default();
        if !so_far.is_empty() {
            so_far.push_str("; ");
        }
        so_far.push_str(why);
    }
    Some(blamed)
}

/// Whether the API refused because it has enough to do.
fn is_busy(error: &Error) -> bool {
    let says_so = |message: &String| message.to_ascii_lowercase().contains("concurrency limit");
    error.is_rate_limited()
        || error
            .status()
            .is_some_and(|status| status.is_client_error() && error.messages().iter().any(says_so))
}

impl<'c> IntoFuture for Dial<'c> {
    type Output = Report;
    type IntoFuture = Pin<Box<dyn Future<Output = Report> + Send + 'c>>;

    #[inline]
    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.run())
    }
}

/// Shows how many, and no numbers.
impl fmt::Debug for Dial<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Dial")
            .field("customers", &self.customers.len())
            .field("at_most", &self.slice)
            .field("patience", &self.patience)
            .finish_non_exhaustive()
    }
}

#[cfg(vapi_type = "CallOrBatch")]
impl crate::types::CallOrBatch {
    /// The call, if one customer was to be called: a single one, or the only one of a batch.
    ///
    /// ```no_run
    /// # async fn example(vapi: vapi::Client, call: vapi::types::CreateCallDto) -> vapi::Result<()> {
    /// let call = vapi.calls().create(call).await?.into_call()?;
    /// println!("{}", call.id);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// It is a batch of several calls or of none, or something unknown. Why a customer of a batch was refused is in the error.
    #[inline]
    pub fn into_call(self) -> Result<Call> {
        // By what it is on the wire: the variants are named by the document.
        let found = serde_json::to_vec(&self).and_then(|text| read(&text, &[Value::Null]));
        let told = found.map(|mut answered| (answered.customers.pop(), answered.unmatched.is_empty()));
        match told {
            Ok((Some(Told::Call(call)), true)) => serde_json::from_str(call.get())
                .map_err(|cause| Error::new(crate::error::Kind::Decode, format!("the answer is not a call: {cause}"))),
            Ok((Some(Told::Refused(why)), _)) => Err(Error::new(
                crate::error::Kind::Decode,
                format!("nobody was called: {why}"),
            )),
            _ => Err(Error::new(
                crate::error::Kind::Decode,
                "the answer is not a single call",
            )),
        }
    }
}
