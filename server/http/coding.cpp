#include "server/http/coding.h"

#include <zlib.h>

#include <array>
#include <cstdlib>
#include <optional>
#include <stdexcept>

#include "fhir-model/text/trim.h"

namespace varde::http {
namespace {

using fhir::text::kHttpBlanks;
using fhir::text::trimmed;

struct CodingRow {
  std::string_view name;
  int window_bits;  ///< zlib.h, inflateInit2: 15 is zlib's own form, 16 more is gzip's
};
/// In the order of our preference, where a client likes both alike.
constexpr std::array kRows{CodingRow{"gzip", 15 + 16}, CodingRow{"x-gzip", 15 + 16}, CodingRow{"deflate", 15}};
constexpr std::size_t kPiece = 64u << 10;
constexpr std::size_t kWorthIt = 1024;  ///< bytes; a shorter answer goes in one packet anyway

bool same(std::string_view a, std::string_view b) {
  return a.size() == b.size() && std::equal(a.begin(), a.end(), b.begin(),
                                            [](char x, char y) { return (x >= 'A' && x <= 'Z' ? x + 32 : x) == y; });
}

const CodingRow* row_of(std::string_view name) {
  for (const CodingRow& row : kRows)
    if (same(name, row.name)) return &row;
  return nullptr;
}

Bytef* bytes(std::string& text) { return reinterpret_cast<Bytef*>(text.data()); }
Bytef* bytes(std::string_view text) {
  return reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
}  // zlib's next_in

/// zlib's state, ended with the object.
template <int (*End)(z_streamp)>
struct Stream : z_stream {
  Stream() : z_stream{} {}
  Stream(const Stream&) = delete;
  ~Stream() { End(this); }
};

tl::unexpected<Failure> broken() {
  return fail(Fault::not_well_formed, "The body is not what its Content-Encoding says, or it is cut off.");
}

/// 0 to 1000, as a client weighs it; nullopt: it does not name it.
std::optional<int> weight_of(std::string_view accept, std::string_view coding) {
  while (!accept.empty()) {
    const auto item = accept.substr(0, accept.find(','));
    accept.remove_prefix(std::min(item.size() + 1, accept.size()));
    const auto name = trimmed(item.substr(0, item.find(';')), kHttpBlanks);
    if (!same(name, coding)) continue;
    const auto q = item.find("q=");
    if (q == item.npos) return 1000;
    const std::string number(item.substr(q + 2, 5));
    return static_cast<int>(std::strtod(number.c_str(), nullptr) * 1000);
  }
  return std::nullopt;
}

const CodingRow* wanted(std::string_view accept) {
  const CodingRow* best = nullptr;
  int most = 0;
  for (const CodingRow& row : kRows) {
    const auto weight = weight_of(accept, row.name);
    const int counts = weight ? *weight : weight_of(accept, "*").value_or(0);
    if (counts > most) best = &row, most = counts;
  }
  return best;
}

bool is_text(std::string_view content_type) {
  return content_type.find("json") != content_type.npos || content_type.find("xml") != content_type.npos ||
         content_type.starts_with("text/");
}

}  // namespace

Result<void> unpack(Received& received, std::size_t most) {
  const std::string_view coding = trimmed(received.header("content-encoding"), kHttpBlanks);
  if (received.body.empty() || coding.empty() || same(coding, "identity")) return {};
  const CodingRow* row = row_of(coding);
  if (!row)
    return fail(Fault::content_type_unsupported, "Content-Encoding is gzip or deflate, one of them, or left out.");
  Stream<inflateEnd> stream;
  if (inflateInit2(&stream, row->window_bits) != Z_OK) throw std::bad_alloc();
  stream.next_in = bytes(std::string_view(received.body));
  stream.avail_in = static_cast<uInt>(received.body.size());
  std::string out;
  for (int state = Z_OK; state != Z_STREAM_END;) {
    const std::size_t before = out.size();
    if (before > most)
      return fail(Fault::too_large, "Unpacked, the body is longer than this server takes (setting body-limit).");
    if (!received.share.grow_to(received.body.size() + before + kPiece))
      return fail(Fault::busy, "The bodies under way take all the memory there is for them (setting memory-limit).");
    out.resize(before + kPiece);
    stream.next_out = bytes(out) + before;
    stream.avail_out = kPiece;
    state = inflate(&stream, Z_NO_FLUSH);
    if (state == Z_MEM_ERROR) throw std::bad_alloc();
    out.resize(out.size() - stream.avail_out);
    if (state != Z_STREAM_END && (state != Z_OK || out.size() == before)) return broken();
  }
  if (stream.avail_in != 0) return broken();
  if (out.size() > most)
    return fail(Fault::too_large, "Unpacked, the body is longer than this server takes (setting body-limit).");
  received.body = std::move(out);
  return {};
}

void pack(std::string_view accept_encoding, interaction::Response& response) {
  if (response.body.size() < kWorthIt || !is_text(response.content_type)) return;
  response.headers.emplace_back("Vary", "Accept-Encoding");
  const CodingRow* row = wanted(accept_encoding);
  if (!row) return;
  Stream<deflateEnd> stream;
  if (deflateInit2(&stream, Z_BEST_SPEED, Z_DEFLATED, row->window_bits, 8, Z_DEFAULT_STRATEGY) != Z_OK)
    throw std::bad_alloc();
  std::string out(deflateBound(&stream, response.body.size()), '\0');
  stream.next_in = bytes(std::string_view(response.body));
  stream.avail_in = static_cast<uInt>(response.body.size());
  stream.next_out = bytes(out);
  stream.avail_out = static_cast<uInt>(out.size());
  if (deflate(&stream, Z_FINISH) != Z_STREAM_END) throw std::logic_error("zlib did not pack an answer");
  out.resize(out.size() - stream.avail_out);
  response.body = std::move(out);
  response.headers.emplace_back("Content-Encoding", row->name);
}

}  // namespace varde::http
