//! The hooks, with the feature `test-util`.

use super::{HtlcPolicy, Point};
use lightning::events::Event;
use lightning::ln::msgs::{ChannelReestablish, ClosingSigned};
use std::fmt;
use std::sync::Arc;

/// Who looks on. Nobody by default.
#[derive(Clone, Default)]
pub struct Probe {
    look: Option<Arc<dyn Fn(Point) + Send + Sync>>,
    taking: Option<Arc<dyn Fn() -> HtlcPolicy + Send + Sync>>,
    hearing: Option<Arc<Hearing>>,
    then: Option<Arc<Then>>,
    greeting: Option<Arc<Greeting>>,
    offering: Option<Arc<Offering>>,
    reaching: Option<Arc<Reaching>>,
    revoked: Option<Arc<dyn Fn() + Send + Sync>>,
    giving_back: Option<Arc<GivingBack>>,
}

/// What LDK is made to say in place of an event.
type Hearing = dyn Fn(&mut Event) + Send + Sync;

/// What LDK is made to say right after an event.
type Then = dyn Fn(&Event) -> Vec<Event> + Send + Sync;

/// What a peer is told of a channel in place of the truth.
type Greeting = dyn Fn(&mut ChannelReestablish) + Send + Sync;

/// What a peer is offered for a close in place of the truth.
type Offering = dyn Fn(&mut ClosingSigned) + Send + Sync;

/// What a peer gives back of what it keeps for us; false: nothing.
type GivingBack = dyn Fn(&mut Vec<u8>) -> bool + Send + Sync;

/// Whether there is a way to an address (`host:port`).
type Reaching = dyn Fn(&str) -> bool + Send + Sync;

impl Probe {
    /// `look` is called at every point that the loop passes, on the loop's own thread.
    pub fn new(look: impl Fn(Point) + Send + Sync + 'static) -> Self {
        Self { look: Some(Arc::new(look)), ..Self::default() }
    }

    /// `taking` is asked about every incoming payment.
    #[must_use]
    pub fn taking(self, taking: impl Fn() -> HtlcPolicy + Send + Sync + 'static) -> Self {
        Self { taking: Some(Arc::new(taking)), ..self }
    }

    /// `hearing` may change every event of LDK's before it is handled.
    #[must_use]
    pub fn hearing(self, hearing: impl Fn(&mut Event) + Send + Sync + 'static) -> Self {
        Self { hearing: Some(Arc::new(hearing)), ..self }
    }

    /// `then` is asked at every event of LDK's for events that LDK should say after it.
    #[must_use]
    pub fn then(self, then: impl Fn(&Event) -> Vec<Event> + Send + Sync + 'static) -> Self {
        Self { then: Some(Arc::new(then)), ..self }
    }

    /// `greeting` may change what every peer is told first of a channel, so that this node lies.
    #[must_use]
    pub fn greeting(
        self,
        greeting: impl Fn(&mut ChannelReestablish) + Send + Sync + 'static,
    ) -> Self {
        Self { greeting: Some(Arc::new(greeting)), ..self }
    }

    /// `offering` may change what every peer is offered for a close.
    #[must_use]
    pub fn offering(self, offering: impl Fn(&mut ClosingSigned) + Send + Sync + 'static) -> Self {
        Self { offering: Some(Arc::new(offering)), ..self }
    }

    /// `reaching` is asked before each connection to a peer.
    #[must_use]
    pub fn reaching(self, reaching: impl Fn(&str) -> bool + Send + Sync + 'static) -> Self {
        Self { reaching: Some(Arc::new(reaching)), ..self }
    }

    /// `revoked` is called when LDK has read a peer's `revoke_and_ack`, before what it removed is forgotten here.
    #[must_use]
    pub fn revoked(self, revoked: impl Fn() + Send + Sync + 'static) -> Self {
        Self { revoked: Some(Arc::new(revoked)), ..self }
    }

    /// `giving_back` may change or take away what a peer gives back of what it keeps for us.
    #[must_use]
    pub fn giving_back(
        self,
        giving_back: impl Fn(&mut Vec<u8>) -> bool + Send + Sync + 'static,
    ) -> Self {
        Self { giving_back: Some(Arc::new(giving_back)), ..self }
    }

    pub(crate) fn at(&self, point: Point) {
        if let Some(look) = &self.look {
            look(point);
        }
    }

    pub(crate) fn takes(&self) -> HtlcPolicy {
        self.taking.as_ref().map(|taking| taking()).unwrap_or_default()
    }

    pub(crate) fn hears(&self, event: &mut Event) {
        if let Some(hearing) = &self.hearing {
            hearing(event);
        }
    }

    pub(crate) fn after(&self, event: &Event) -> Vec<Event> {
        self.then.as_ref().map(|then| then(event)).unwrap_or_default()
    }

    pub(crate) fn reaches(&self, address: &str) -> bool {
        self.reaching.as_ref().is_none_or(|reaching| reaching(address))
    }

    pub(crate) fn offers(&self, message: &mut ClosingSigned) {
        if let Some(offering) = &self.offering {
            offering(message);
        }
    }

    pub(crate) fn is_given_back(&self, sealed: &mut Vec<u8>) -> bool {
        self.giving_back.as_ref().is_none_or(|giving_back| giving_back(sealed))
    }

    pub(crate) fn has_revoked(&self) {
        if let Some(revoked) = &self.revoked {
            revoked();
        }
    }

    pub(crate) fn sends_reestablish(&self, message: &mut ChannelReestablish) {
        if let Some(greeting) = &self.greeting {
            greeting(message);
        }
    }
}

impl fmt::Debug for Probe {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let nobody = self.look.is_none()
            && self.taking.is_none()
            && self.hearing.is_none()
            && self.then.is_none()
            && self.greeting.is_none()
            && self.offering.is_none()
            && self.reaching.is_none()
            && self.revoked.is_none()
            && self.giving_back.is_none();
        f.write_str(if nobody { "Probe(nobody)" } else { "Probe(someone)" })
    }
}
