// How a stream ends: RFC 6120 sections 4.4 and 4.9.

#include <string>
#include <utility>

#include "codec/address/ip.h"
#include "server/xmpp_stream/names.h"
#include "server/xmpp_stream/xmpp_streams.h"

namespace muster {

void XmppStreams::on(Now, const EndStream& end, Outbox& out) {
  Stream* stream = streams_.find(end.link);
  if (stream != nullptr) fail(end.link, *stream, end.why, out, end.text, end.detail);
}

// All streams are due now; wake() ends them in portions.
void XmppStreams::on(Now now, const StopAsked&, Outbox& out) {
  stopping_ = true;
  streams_.for_each([&](LinkId link, Stream& stream) { look_at(link, stream, now.instant); });
  closing_.for_each([&](LinkId link, ClosingStream&) { deadlines_.add(now.instant, link); });
  wake(now, out);
}

// Section 4.9.1: an error ends the stream; our header goes before it if it was not sent yet. In the
// middle of a TLS handshake there is no stream to say it on (section 5.4.3.2).
void XmppStreams::fail(LinkId link, Stream& stream, StreamError why, Outbox& out,
                       std::string_view text, std::string_view detail) {
  out.order(
      Log{Log::Level::debug, "xmpp-stream-error",
          stream.negotiation == nullptr ? stream.full.text() : to_text(stream.negotiation->remote),
          std::string(name_of(why))});
  std::string words;
  if (stream.state != StreamState::starting_tls) {
    if (!traits_of(stream.state).header_sent) {
      StreamOpening opening = unread_opening(shard_.settings);
      opening.domain = stream.negotiation->domain;
      words = stream_header_xml(opening, shard_.prng.token(kStreamIdCharacters));
    }
    words.append(stream_error_xml(why, text, detail)).append(kStreamEnd);
  }
  const bool silent = why == StreamError::connection_timeout;
  close(link, stream, std::move(words), out, silent ? StreamEnd::lost : StreamEnd::over);
}

// At once: the peer has closed the stream itself, or broke the rules and is not waited for.
// XEP-0198 section 7: only </stream:stream> is the client's own end. An error that it reports, and
// silence, are a lost link.
void XmppStreams::close(LinkId link, const Stream& stream, std::string last_words, Outbox& out,
                        StreamEnd how) {
  if (stream.session.valid()) out.emit(StreamEnded{stream.session, link, how});
  if (is_elsewhere(stream.state)) out.emit(RelayedStreamEnded{link});
  if (!last_words.empty()) out.order(SendBytes{link, std::move(last_words)});
  out.order(CloseLink{link});
  streams_.erase(link);
}

// --- a peer that is given the time to close its side ---------------------------------------------

// RFC 6120 section 4.9.3.19. Who is told where to go may have things to say first, such as what it
// has handled, and a client that cannot say them takes its link for lost, and comes back here. So
// it gets the time of section 4.4: the link is closed once its closing tag has come.
void XmppStreams::send_elsewhere(Instant now, LinkId link, Stream& stream, const Redirection& where,
                                 Outbox& out) {
  if (stream.session.valid()) out.emit(StreamEnded{stream.session, link, StreamEnd::over});
  out.order(SendBytes{link, see_other_host_xml(to_text(where)).append(kStreamEnd)});
  const Instant until = now + kClosingTimeMax;
  closing_.add(link, {std::move(stream.framer), {}, until});
  deadlines_.add(until, link);
  const std::string unread = std::move(stream.unread);
  streams_.erase(link);
  read_closing(link, unread, out);
}

// Reads for the closing tag alone: what comes before it is nobody's any more.
void XmppStreams::read_closing(LinkId link, std::string_view bytes, Outbox& out) {
  ClosingStream* closing = closing_.find(link);
  if (closing == nullptr) return;
  closing->unread.append(bytes);
  std::string_view window = closing->unread;
  const xml::Limits limits{.bytes_max = shard_.settings.limits.stanza_bytes_max};
  while (true) {
    const xml::Frame frame = closing->framer.next(window, limits);
    if (frame.kind == xml::Frame::Kind::incomplete) break;
    if (frame.kind == xml::Frame::Kind::stream_end || frame.kind == xml::Frame::Kind::error) {
      out.order(CloseLink{link});
      return closing_.erase(link);
    }
    window.remove_prefix(frame.bytes);
  }
  closing->unread.erase(0, closing->unread.size() - window.size());
}

void XmppStreams::end_closing(Now now, LinkId link, Outbox& out) {
  const ClosingStream* closing = closing_.find(link);
  if (closing == nullptr || (!stopping_ && now.instant < closing->until)) return;
  out.order(CloseLink{link});
  closing_.erase(link);
}

}  // namespace muster
