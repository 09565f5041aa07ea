#include "server/http/wire.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include "fhir-model/text/lower.h"
#include "fhir-model/text/trim.h"

namespace varde::http {
namespace {

using fhir::text::kHttpBlanks;
using fhir::text::trimmed;

constexpr std::size_t kPiece = 16u << 10;  // asked of the wire at a time
constexpr std::size_t kLongestChunkLine = 4096;

Refused refused(int status, Fault fault, std::string diagnostics) {
  return {status, Failure{fault, std::move(diagnostics)}};
}

bool is_token(std::string_view text) {
  constexpr std::string_view kMarks = "!#$%&'*+-.^_`|~";
  return !text.empty() && std::ranges::all_of(text, [&](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           kMarks.find(c) != std::string_view::npos;
  });
}

/// Request line and header lines, without the blank line that ends them.
std::variant<Received, Refused> parse_head(std::string_view head, const WireLimits& limits) {
  Received out;
  const auto line = [&head] {
    const std::size_t end = head.find('\n');
    const std::string_view text = head.substr(0, end);
    head.remove_prefix(end == std::string_view::npos ? head.size() : end + 1);
    return text.ends_with('\r') ? text.substr(0, text.size() - 1) : text;
  };
  const std::string_view request_line = line();
  const std::size_t first = request_line.find(' '), last = request_line.rfind(' ');
  if (first == std::string_view::npos || first == last || !is_token(request_line.substr(0, first)))
    return refused(400, Fault::not_well_formed, "The request line must be: METHOD target HTTP/1.1.");
  out.method = request_line.substr(0, first);
  out.target = request_line.substr(first + 1, last - first - 1);
  const std::string_view version = request_line.substr(last + 1);
  if (version != "HTTP/1.1" && version != "HTTP/1.0")
    return refused(505, Fault::not_supported, "This server speaks HTTP/1.1 and HTTP/1.0.");
  if (out.target.size() > limits.url_bytes)
    return refused(414, Fault::too_large,
                   "The URL is longer than " + std::to_string(limits.url_bytes) +
                       " bytes. Send a long search as POST [type]/_search with a form body.");
  if (std::ranges::any_of(out.target, [](unsigned char c) { return c <= ' ' || c >= 0x7F; }))
    return refused(400, Fault::not_well_formed, "Characters outside ASCII in the URL must be percent-encoded.");

  while (!head.empty()) {
    const std::string_view text = line();
    const std::size_t colon = text.find(':');
    if (colon == std::string_view::npos || !is_token(text.substr(0, colon)))
      return refused(400, Fault::not_well_formed, "A header line must be Name: value, on one line.");
    if (out.headers.size() == limits.header_count)
      return refused(431, Fault::too_large, "More than " + std::to_string(limits.header_count) + " header lines.");
    const std::string_view value = trimmed(text.substr(colon + 1), kHttpBlanks);
    if (std::ranges::any_of(value, [](unsigned char c) { return (c < ' ' && c != '\t') || c == 0x7F; }))
      return refused(400, Fault::not_well_formed, "A header value holds a control character.");
    out.headers.emplace_back(fhir::text::lower_ascii(text.substr(0, colon)), value);
  }
  const std::string connection = fhir::text::lower_ascii(out.header("connection"));
  out.keep_alive = version == "HTTP/1.1" ? connection.find("close") == std::string::npos
                                         : connection.find("keep-alive") != std::string::npos;
  if (version == "HTTP/1.1" && std::ranges::count(out.headers, "host", [](auto& h) { return h.first; }) != 1)
    return refused(400, Fault::not_well_formed, "HTTP/1.1 asks for exactly one Host header.");
  return out;
}

/// The announced length; npos when the body is chunked.
std::variant<std::size_t, Refused> body_length(const Received& request) {
  const auto encodings = std::ranges::count(request.headers, "transfer-encoding", [](auto& h) { return h.first; });
  std::string_view length;
  for (const auto& [name, value] : request.headers) {
    if (name != "content-length") continue;
    if (!length.empty() && length != value)
      return refused(400, Fault::not_well_formed, "Two different Content-Length headers.");
    length = value;
    if (value.empty()) return refused(400, Fault::not_well_formed, "Content-Length must be a number.");
  }
  if (encodings > 0) {
    if (!length.empty())
      return refused(400, Fault::not_well_formed, "Content-Length and Transfer-Encoding in the same request.");
    if (encodings > 1 || fhir::text::lower_ascii(request.header("transfer-encoding")) != "chunked")
      return refused(501, Fault::not_supported, "The only Transfer-Encoding that is understood is chunked.");
    return std::string::npos;
  }
  std::size_t bytes = 0;
  const auto [end, error] = std::from_chars(length.data(), length.data() + length.size(), bytes);
  if (end != length.data() + length.size() || (!length.empty() && error != std::errc{}))
    return error == std::errc::result_out_of_range
               ? refused(413, Fault::too_large, "The body is larger than this server takes.")
               : refused(400, Fault::not_well_formed, "Content-Length must be a number.");
  return bytes;
}

Refused body_too_large(const WireLimits& limits) {
  return refused(413, Fault::too_large,
                 "The body is larger than the " + std::to_string(limits.body_bytes) + " bytes this server takes.");
}

Refused too_slow() { return refused(408, Fault::too_large, "The request did not arrive in time."); }

Refused no_room() {
  return refused(503, Fault::busy,
                 "The bodies under way take all the memory there is for them (setting memory-limit); try again soon.");
}

}  // namespace

std::string_view Received::header(std::string_view lower_case_name) const {
  for (const auto& [name, value] : headers)
    if (name == lower_case_name) return value;
  return {};
}

Reader::More Reader::more(Clock::time_point deadline) {
  buffer_.erase(0, std::exchange(consumed_, 0));
  const std::size_t had = buffer_.size();
  buffer_.resize(had + kPiece);
  const std::ptrdiff_t got = wire_.receive(buffer_.data() + had, kPiece, deadline);
  buffer_.resize(had + static_cast<std::size_t>(std::max<std::ptrdiff_t>(got, 0)));
  return got > 0 ? More::yes : got == 0 ? More::closed : More::late;
}

Incoming Reader::next() {
  buffer_.erase(0, std::exchange(consumed_, 0));
  if (buffer_.empty() && more(Clock::now() + limits_.idle) != More::yes) return Closed{};
  const auto header_deadline = Clock::now() + limits_.header;
  std::size_t searched = 0, end = 0, blank = 0;
  while (true) {  // a blank line ends the head: CRLF CRLF, or bare LF LF from simple tools
    while (searched == 0 && (buffer_.starts_with("\r\n") || buffer_.starts_with('\n')))  // RFC 9112 2.2
      buffer_.erase(0, buffer_.front() == '\r' ? 2 : 1);
    const std::size_t crlf = buffer_.find("\r\n\r\n", searched), lf = buffer_.find("\n\n", searched);
    if (crlf != std::string::npos || lf != std::string::npos) {
      end = std::min(crlf, lf), blank = crlf < lf ? 4 : 2;
      break;
    }
    if (buffer_.size() > limits_.header_bytes) {
      const bool url = buffer_.find('\n') == std::string::npos;
      return url ? refused(414, Fault::too_large, "The URL is too long.")
                 : refused(431, Fault::too_large,
                           "The header is larger than " + std::to_string(limits_.header_bytes) + " bytes.");
    }
    searched = buffer_.size() < 3 ? 0 : buffer_.size() - 3;
    const More state = more(header_deadline);
    if (state == More::closed) return Closed{};
    if (state == More::late) return too_slow();
  }
  if (end > limits_.header_bytes)
    return refused(431, Fault::too_large,
                   "The header is larger than " + std::to_string(limits_.header_bytes) + " bytes.");
  auto head = parse_head(std::string_view(buffer_).substr(0, end), limits_);
  if (auto* refusal = std::get_if<Refused>(&head)) return std::move(*refusal);
  auto& request = std::get<Received>(head);
  buffer_.erase(0, end + blank);

  // https://www.rfc-editor.org/rfc/rfc9110#section-10.1.1
  const auto is_unmet = [](const auto& header) {
    return header.first == "expect" && fhir::text::lower_ascii(header.second) != "100-continue";
  };
  if (std::ranges::any_of(request.headers, is_unmet))
    return refused(417, Fault::not_supported, "The only expectation that can be met is 100-continue.");
  auto length = body_length(request);
  if (auto* refusal = std::get_if<Refused>(&length)) return std::move(*refusal);
  const std::size_t bytes = std::get<std::size_t>(length);
  if (bytes != std::string::npos && bytes > limits_.body_bytes) return body_too_large(limits_);
  if (bytes == 0) return std::move(request);
  if (!request.header("expect").empty() && buffer_.empty()) wire_.send("HTTP/1.1 100 Continue\r\n\r\n");
  request.share = Share(memory_);
  Stop stop = bytes == std::string::npos ? chunked_body(request) : fixed_body(bytes, request);
  if (auto* refusal = std::get_if<Refused>(&stop)) return std::move(*refusal);
  if (std::holds_alternative<Closed>(stop)) return Closed{};
  return std::move(request);
}

/// Moves `bytes` of the body from the wire into it. Memory is taken as they come, not as they are announced.
Reader::Stop Reader::append(std::size_t bytes, const Progress& progress, Received& request) {
  std::string& body = request.body;
  const std::size_t end = body.size() + bytes;
  const auto room_for = [&](std::size_t wanted) {
    if (wanted <= body.capacity()) return true;
    const std::size_t grown = std::min(end, std::max(wanted, 2 * body.capacity()));
    if (!request.share.grow_to(grown)) return false;
    body.reserve(grown);
    return true;
  };
  const std::string_view had = pending().substr(0, bytes);
  if (!room_for(body.size() + had.size())) return no_room();
  body.append(had);
  consumed_ += had.size();
  while (body.size() < end) {
    const std::size_t filled = body.size();
    if (!room_for(std::min(end, filled + kPiece))) return no_room();
    const std::size_t piece = std::min({end - filled, body.capacity() - filled, 4 * kPiece});
    body.resize(filled + piece);
    const std::ptrdiff_t got = wire_.receive(body.data() + filled, piece, progress.deadline(filled));
    body.resize(filled + static_cast<std::size_t>(std::max<std::ptrdiff_t>(got, 0)));
    if (got == 0) return Closed{};
    if (got < 0) return too_slow();
  }
  return {};
}

Reader::Stop Reader::fixed_body(std::size_t length, Received& request) {
  return append(length, Progress(limits_, Clock::now()), request);
}

/// The next line of a chunked body, without its end; the view holds until more is received.
Reader::Stop Reader::next_line(const Progress& progress, const Received& request, std::string_view& line) {
  while (true) {
    const std::string_view text = pending();
    if (const std::size_t end = text.find('\n'); end != std::string_view::npos) {
      line = text.substr(0, end);
      if (line.ends_with('\r')) line.remove_suffix(1);
      consumed_ += end + 1;
      return {};
    }
    if (text.size() > kLongestChunkLine) return refused(400, Fault::not_well_formed, "A chunk header is too long.");
    const More state = more(progress.deadline(request.body.size()));
    if (state == More::closed) return Closed{};
    if (state == More::late) return too_slow();
  }
}

Reader::Stop Reader::chunked_body(Received& request) {
  const Progress progress(limits_, Clock::now());
  std::string_view line;
  while (true) {
    if (Stop stop = next_line(progress, request, line); stop.index() != 0) return stop;
    const std::string_view text = trimmed(line.substr(0, line.find(';')), kHttpBlanks);
    std::size_t size = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), size, 16);
    if (text.empty() || end != text.data() + text.size() || error != std::errc{})
      return refused(400, Fault::not_well_formed, "A chunk must start with its size in hexadecimal.");
    if (size > limits_.body_bytes - request.body.size()) return body_too_large(limits_);
    if (size == 0) break;
    if (Stop stop = append(size, progress, request); stop.index() != 0) return stop;
    if (Stop stop = next_line(progress, request, line); stop.index() != 0) return stop;
    if (!line.empty()) return refused(400, Fault::not_well_formed, "A chunk is longer than it says.");
  }
  std::size_t trailers = 0;
  do {  // trailers are read and dropped
    if (Stop stop = next_line(progress, request, line); stop.index() != 0) return stop;
    trailers += line.size();
    if (trailers > limits_.header_bytes)
      return refused(431, Fault::too_large, "The trailers are larger than a header may be.");
  } while (!line.empty());
  return {};
}

std::string_view reason(int status) {
  struct Row {
    int status;
    std::string_view text;
  };
  static constexpr std::array kReasons{Row{200, "OK"},
                                       Row{201, "Created"},
                                       Row{202, "Accepted"},
                                       Row{204, "No Content"},
                                       Row{206, "Partial Content"},
                                       Row{303, "See Other"},
                                       Row{304, "Not Modified"},
                                       Row{400, "Bad Request"},
                                       Row{401, "Unauthorized"},
                                       Row{403, "Forbidden"},
                                       Row{404, "Not Found"},
                                       Row{405, "Method Not Allowed"},
                                       Row{406, "Not Acceptable"},
                                       Row{408, "Request Timeout"},
                                       Row{409, "Conflict"},
                                       Row{410, "Gone"},
                                       Row{412, "Precondition Failed"},
                                       Row{413, "Content Too Large"},
                                       Row{414, "URI Too Long"},
                                       Row{415, "Unsupported Media Type"},
                                       Row{416, "Range Not Satisfiable"},
                                       Row{421, "Misdirected Request"},
                                       Row{422, "Unprocessable Content"},
                                       Row{428, "Precondition Required"},
                                       Row{429, "Too Many Requests"},
                                       Row{431, "Request Header Fields Too Large"},
                                       Row{500, "Internal Server Error"},
                                       Row{501, "Not Implemented"},
                                       Row{503, "Service Unavailable"},
                                       Row{505, "HTTP Version Not Supported"},
                                       Row{507, "Insufficient Storage"}};
  const auto found = std::ranges::find(kReasons, status, &Row::status);
  return found == kReasons.end() ? std::string_view("Status") : found->text;
}

}  // namespace varde::http
