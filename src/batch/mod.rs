//! Calls to many customers with one description of a call, no more at a time than the API allows.
//!
//! The API takes `customers` in place of `customer` and reports on each of them.
//! [`dial`](crate::resources::Calls::dial) sends them in batches. The first has one customer: its response tells how many calls may
//! run at once. The next batches are as large as that allows. At the limit, `dial` waits until some of its calls have ended.

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
#[cfg(vapi_type = "CallOrBatch")]
use crate::error::ErrorKind;
use crate::error::{Error, Result};
use crate::transport::RepeatableRequest;
use crate::types::{Call, CreateCallDto, CreateCustomerDto};
use crate::wait::PollInterval;
use batch_response::BatchResponse;
#[cfg(vapi_type = "CallOrBatch")]
use batch_response::CustomerResult;
use concurrency::Concurrency;

/// The default number of customers in one request. If a response is lost, the outcome is unknown for so many.
const USUAL_BATCH_SIZE: usize = 10;
const USUAL_CONCURRENCY_TIMEOUT: Duration = Duration::from_secs(30 * 60);

impl crate::resources::Calls {
    /// Calls many customers. `call` describes each call; its `customer` is not used. Await it to get the report.
    ///
    /// **Nobody is called twice.** If a request may have reached the API, it is not sent again: its customers are reported as
    /// [`Unknown`](Outcome::Unknown), and those after them are not called. Overrides of a customer replace those of the call.
    ///
    /// A call with a `schedule_plan` does not count before its time, and is not held back.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # async fn example(vapi: vapi::Client, assistant: &str, line: &str) -> vapi::Result<()> {
    /// use vapi::types::{CreateCallDto, CreateCustomerDto};
    ///
    /// let call = CreateCallDto::new().assistant_id(assistant).phone_number_id(line);
    /// let customers = ["+15555550101", "+15555550102"].map(|number| CreateCustomerDto::new().number(number));
    /// let report = vapi.calls().dial(call, customers).await;
    /// for dialed in &report.customers {
    ///     println!("{:?}: {:?}", dialed.customer.number, dialed.outcome);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn dial<C: Into<CreateCustomerDto>>(
        &self,
        call: impl Into<CreateCallDto>,
        customers: impl IntoIterator<Item = C>,
    ) -> Dial<'static> {
        let call = call.into();
        let template = match to_value(&call) {
            Ok(Value::Object(template)) => template,
            // Sending reports a call that cannot be written, as it does for a single call.
            _ => Map::new(),
        };
        Dial {
            client: self.client.clone(),
            request: self.create(call).into_repeatable(),
            template,
            customers: customers.into_iter().map(Into::into).collect(),
            batch_size: USUAL_BATCH_SIZE,
            concurrency_timeout: USUAL_CONCURRENCY_TIMEOUT,
            interval: PollInterval::growing(),
            on_outcome: None,
        }
    }
}

// Functions that name calls and customers are `#[inline]`: these types contain most types of the API, and are compiled only in a
// program that dials.

/// Many calls, made by [`dial`](crate::resources::Calls::dial).
///
/// The lifetime is that of the callback in [`on_outcome`](Self::on_outcome); without one it is `'static`.
#[must_use = "nobody is called until this is awaited"]
pub struct Dial<'a> {
    client: Client,
    /// The request. Each batch replaces its body.
    request: RepeatableRequest,
    template: Map<String, Value>,
    customers: Vec<CreateCustomerDto>,
    batch_size: usize,
    concurrency_timeout: Duration,
    interval: PollInterval,
    on_outcome: Option<OnOutcome<'a>>,
}

type OnOutcome<'a> = Box<dyn FnMut(&Dialed) + Send + 'a>;

/// A customer and the outcome of their call.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Dialed {
    /// The customer, as given.
    pub customer: CreateCustomerDto,
    /// The outcome.
    pub outcome: Outcome,
}

/// The outcome of the call to one customer.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Outcome {
    /// The call was created.
    Called(Box<Call>),
    /// The API refused to call, for this reason.
    Refused(String),
    /// The request was sent and its result is not known. Check the list of calls before you call again.
    Unknown,
    /// No request for this customer was sent.
    NotDialed,
}

/// The outcomes for all customers, in the order in which they were given.
#[derive(Debug)]
#[non_exhaustive]
pub struct Report {
    /// One for each customer.
    pub customers: Vec<Dialed>,
    /// Calls that were created and could not be matched to a customer. These customers are reported as unknown.
    pub unmatched: Vec<Call>,
    /// The error that ended dialing before the last customer, if there was one.
    pub error: Option<Error>,
}

impl Report {
    /// Returns the calls that were created.
    #[inline]
    pub fn calls(&self) -> impl Iterator<Item = &Call> {
        let matched = self.customers.iter().filter_map(|dialed| match &dialed.outcome {
            Outcome::Called(call) => Some(&**call),
            _ => None,
        });
        matched.chain(&self.unmatched)
    }

    /// Returns the customers for whom no request was sent. They can be given to another [`dial`](crate::resources::Calls::dial).
    #[inline]
    pub fn not_dialed(&self) -> impl Iterator<Item = &CreateCustomerDto> {
        self.with(|outcome| matches!(outcome, Outcome::NotDialed))
    }

    /// Returns the customers who may have been called.
    #[inline]
    pub fn unknown(&self) -> impl Iterator<Item = &CreateCustomerDto> {
        self.with(|outcome| matches!(outcome, Outcome::Unknown))
    }

    #[inline]
    fn with(&self, is: fn(&Outcome) -> bool) -> impl Iterator<Item = &CreateCustomerDto> {
        let dialed = self.customers.iter().filter(move |dialed| is(&dialed.outcome));
        dialed.map(|dialed| &dialed.customer)
    }
}

impl<'a> Dial<'a> {
    /// Sets the most customers in one request, instead of ten.
    ///
    /// A larger batch needs fewer requests. If its response is lost, the outcome is unknown for more customers.
    #[inline]
    pub fn batch_size(mut self, customers: usize) -> Self {
        self.batch_size = customers.max(1);
        self
    }

    /// Sets the longest time to wait for the concurrency limit of the account to allow a call, instead of half an hour.
    #[inline]
    pub fn concurrency_timeout(mut self, longest: Duration) -> Self {
        self.concurrency_timeout = longest;
        self
    }

    /// Sets a fixed interval for polling while it waits, instead of growing ones between one second and ten.
    #[inline]
    pub fn poll_every(mut self, interval: Duration) -> Self {
        self.interval = PollInterval::Fixed(interval);
        self
    }

    /// Sets a callback that receives each outcome as soon as it is known, so that it is not lost if this is dropped half way.
    #[inline]
    pub fn on_outcome<'b>(self, outcome: impl FnMut(&Dialed) + Send + 'b) -> Dial<'b> {
        Dial {
            client: self.client,
            request: self.request,
            template: self.template,
            customers: self.customers,
            batch_size: self.batch_size,
            concurrency_timeout: self.concurrency_timeout,
            interval: self.interval,
            on_outcome: Some(Box::new(outcome)),
        }
    }

    #[inline]
    async fn run(mut self) -> Report {
        let customers = std::mem::take(&mut self.customers);
        let mut done: Vec<Option<Dialed>> = customers.iter().map(|_| None).collect();
        let mut waiting: VecDeque<(usize, CreateCustomerDto)> = customers.into_iter().enumerate().collect();
        let mut unmatched = Vec::new();
        let mut concurrency = Concurrency::new(self.template.contains_key("schedulePlan"));
        let error = loop {
            if waiting.is_empty() {
                break None;
            }
            let free = concurrency.free();
            if free == 0 {
                match concurrency
                    .wait(&self.client, self.interval, self.concurrency_timeout)
                    .await
                {
                    Ok(()) => continue,
                    Err(error) => break Some(error),
                }
            }
            let size = free.min(self.batch_size).min(waiting.len());
            let batch = waiting.iter().take(size).map(|(_, customer)| to_value(customer));
            match send(&self.request, &self.template, batch.collect()).await {
                Ok(response) => {
                    concurrency.update(&response);
                    let calls = response.unmatched.iter();
                    unmatched.extend(calls.filter_map(|call| serde_json::from_str(call.get()).ok()));
                    for (result, customer) in response.customers.into_iter().zip(waiting.drain(..size)) {
                        self.report(&mut done, customer, concurrency.outcome(result));
                    }
                }
                // The API says that nobody was called: other calls of the account have reached the limit.
                Err(error) if is_busy(&error) => {
                    if let Err(error) = concurrency.refused(error, self.concurrency_timeout) {
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
            self.report(&mut done, customer, Outcome::NotDialed);
        }
        Report {
            customers: done.into_iter().flatten().collect(),
            unmatched,
            error,
        }
    }

    #[inline]
    fn report(&mut self, done: &mut [Option<Dialed>], customer: (usize, CreateCustomerDto), outcome: Outcome) {
        let (index, customer) = customer;
        let dialed = Dialed { customer, outcome };
        if let Some(on_outcome) = &mut self.on_outcome {
            on_outcome(&dialed);
        }
        if let Some(entry) = done.get_mut(index) {
            *entry = Some(dialed);
        }
    }
}

/// Sends one batch. It is a function of its own so that it is compiled once, and not in each program that dials.
fn send(
    request: &RepeatableRequest,
    template: &Map<String, Value>,
    customers: serde_json::Result<Vec<Value>>,
) -> impl Future<Output = Result<BatchResponse>> + Send + use<> {
    let context = request.context().clone();
    let prepared = customers.map(|customers| {
        let mut body = template.clone();
        body.remove("customer");
        body.insert("customers".to_owned(), Value::Array(customers.clone()));
        (request.send(|parts| parts.json(&body)), customers)
    });
    async move {
        let (pending, customers) = prepared.map_err(|cause| {
            Error::input(format!("a customer cannot be written as JSON: {cause}")).for_request(&context)
        })?;
        let response = pending.await?;
        BatchResponse::read(&response.body, &customers).map_err(|cause| response.undecodable(&cause, None))
    }
}

/// Returns whether the request may have placed calls.
fn may_have_called(error: &Error) -> bool {
    if error.is_connect() || error.is_invalid_input() {
        return false;
    }
    match error.status() {
        // It comes from a gateway, which does not know either.
        Some(StatusCode::REQUEST_TIMEOUT) => true,
        Some(status) => !status.is_client_error(),
        None => true,
    }
}

/// Returns the customers that the API finds wrong, each with its reason, if it refused the request for no other reason. Nobody was
/// called then, and the other customers can be.
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

/// Returns whether the API refused because of its concurrency or rate limit.
fn is_busy(error: &Error) -> bool {
    let says_so = |message: &String| message.to_ascii_lowercase().contains("concurrency limit");
    error.is_rate_limited()
        || error
            .status()
            .is_some_and(|status| status.is_client_error() && error.messages().iter().any(says_so))
}

impl<'a> IntoFuture for Dial<'a> {
    type Output = Report;
    type IntoFuture = Pin<Box<dyn Future<Output = Report> + Send + 'a>>;

    #[inline]
    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.run())
    }
}

/// Shows the number of customers, not their phone numbers.
impl fmt::Debug for Dial<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Dial")
            .field("customers", &self.customers.len())
            .field("batch_size", &self.batch_size)
            .field("concurrency_timeout", &self.concurrency_timeout)
            .finish_non_exhaustive()
    }
}

#[cfg(vapi_type = "CallOrBatch")]
impl crate::types::CallOrBatch {
    /// Returns the call of a request for one customer: a single call, or the only one of a batch.
    ///
    /// # Errors
    ///
    /// The value is a batch of several calls or of none, or unknown. If the customer of a batch was refused, the error has the
    /// reason.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # async fn example(vapi: vapi::Client, call: vapi::types::CreateCallDto) -> vapi::Result<()> {
    /// let call = vapi.calls().create(call).await?.into_call()?;
    /// println!("{}", call.id);
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub fn into_call(self) -> Result<Call> {
        // The document names the variants, so the value is read by its form on the wire.
        let read = serde_json::to_vec(&self).and_then(|text| BatchResponse::read(&text, &[Value::Null]));
        match read.map(BatchResponse::into_only_result) {
            Ok(CustomerResult::Call(call)) => serde_json::from_str(call.get())
                .map_err(|cause| Error::new(ErrorKind::Decode, format!("the response is not a call: {cause}"))),
            Ok(CustomerResult::Refused(why)) => Err(Error::new(ErrorKind::Decode, format!("nobody was called: {why}"))),
            _ => Err(Error::new(ErrorKind::Decode, "the response is not a single call")),
        }
    }
}
