//! The task that holds the socket of a session: it keeps the time, and never waits for the user.

use std::time::Duration;

use futures_util::stream::{SplitSink, SplitStream};
use futures_util::{SinkExt, StreamExt};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::{mpsc, oneshot};
use tokio::time::{Instant, interval_at, timeout};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::protocol::CloseFrame;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use tokio_tungstenite::tungstenite::{Error as SocketError, Message as SocketMessage};

use super::inbox::Message;
use super::pacer::Pacer;
use super::shared::Shared;
use crate::error::{Error, ErrorKind, Result};
use crate::transport::{closed, socket_error};

/// The time that the server has to end the call and close the socket, before it is closed here.
const END_GRACE: Duration = Duration::from_secs(5);

/// The time for the other half of a closing handshake.
const CLOSE_GRACE: Duration = Duration::from_secs(1);

/// The interval of pings. A server that has nothing to send responds to them.
const PING: Duration = Duration::from_secs(10);

/// A wish of the user.
#[derive(Debug)]
pub(super) enum Command {
    /// Sends a text, and reports that it was sent.
    Send(String, oneshot::Sender<()>),
    /// Sends a text that ends the call, and closes the socket.
    End(String),
}

/// Holds the socket until the session ends. If all handles are dropped, `farewell` is sent first.
pub(super) async fn drive<S>(
    socket: WebSocketStream<S>,
    shared: &Shared,
    commands: mpsc::Receiver<Command>,
    farewell: String,
    idle_limit: Duration,
) where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let (sink, stream) = socket.split();
    let mut transmitter = Transmitter {
        sink,
        shared,
        commands,
        limit: idle_limit,
    };
    let outcome = tokio::select! {
        outcome = receive(stream, shared, idle_limit) => outcome,
        outcome = transmitter.run(farewell) => outcome,
    };
    shared.end(outcome);
}

async fn receive<S>(mut stream: SplitStream<WebSocketStream<S>>, shared: &Shared, idle_limit: Duration) -> Result<()>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let mut close: Option<Option<CloseFrame>> = None;
    loop {
        let limit = match close {
            Some(_) => CLOSE_GRACE,
            None => idle_limit,
        };
        let message = match (timeout(limit, stream.next()).await, &close) {
            (Ok(Some(Ok(message))), _) => message,
            (_, Some(frame)) => return end_of(frame.as_ref()),
            (Ok(None | Some(Err(SocketError::ConnectionClosed))), None) => return end_of(None),
            (Ok(Some(Err(cause))), None) => return Err(socket_error(cause)),
            (Err(_), None) => return Err(Error::idle(idle_limit)),
        };
        match message {
            SocketMessage::Binary(sound) if !sound.is_empty() => shared.add_received(Message::Sound(sound)),
            SocketMessage::Text(text) => shared.add_received(Message::Event(text.as_str().to_owned())),
            SocketMessage::Close(frame) => {
                // It ends here for the user. The response to the frame is sent by reading on.
                shared.end(end_of(frame.as_ref()));
                close = Some(frame);
            }
            _ => {}
        }
    }
}

/// Returns the outcome of a session that the server closed.
fn end_of(frame: Option<&CloseFrame>) -> Result<()> {
    match frame {
        Some(frame) if frame.code == CloseCode::Normal => Ok(()),
        frame => Err(closed(frame)),
    }
}

struct Transmitter<'a, S> {
    sink: SplitSink<WebSocketStream<S>, SocketMessage>,
    shared: &'a Shared,
    commands: mpsc::Receiver<Command>,
    /// The longest time that sending one message may take.
    limit: Duration,
}

impl<S: AsyncRead + AsyncWrite + Unpin> Transmitter<'_, S> {
    async fn run(&mut self, farewell: String) -> Result<()> {
        let mut pacer = Pacer::new();
        let mut pings = interval_at(Instant::now() + PING, PING);
        let last_words = loop {
            tokio::select! {
                biased;
                skipped = pacer.tick() => {
                    self.send(SocketMessage::Binary(self.shared.frame(skipped))).await?;
                    self.shared.frame_was_sent();
                }
                command = self.commands.recv() => match command {
                    Some(Command::Send(text, sent)) => {
                        self.send(SocketMessage::text(text)).await?;
                        // Whoever asked may no longer wait.
                        let _ = sent.send(());
                    }
                    Some(Command::End(text)) => break text,
                    None => break farewell,
                },
                _ = pings.tick() => self.send(SocketMessage::Ping(Default::default())).await?,
            }
        };
        self.shared.begin_end();
        self.send(SocketMessage::text(last_words)).await?;
        // The other half ends the session when the server closes the socket.
        tokio::time::sleep(END_GRACE).await;
        let frame = CloseFrame {
            code: CloseCode::Normal,
            reason: Default::default(),
        };
        self.send(SocketMessage::Close(Some(frame))).await?;
        tokio::time::sleep(CLOSE_GRACE).await;
        Ok(())
    }

    async fn send(&mut self, message: SocketMessage) -> Result<()> {
        match timeout(self.limit, self.sink.send(message)).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(cause)) => {
                // The close frame that explains it may be there already: the other half then ends the session first.
                tokio::time::sleep(CLOSE_GRACE).await;
                Err(socket_error(cause))
            }
            Err(_) => {
                let detail = format!("the server took nothing for {:?}", self.limit);
                Err(Error::new(ErrorKind::Timeout { connecting: false }, detail))
            }
        }
    }
}
