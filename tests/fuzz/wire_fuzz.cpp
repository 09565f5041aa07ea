// Any bytes on a connection become requests or are refused, within the limits, and the same ones however the bytes
// are cut into pieces on their way.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <cstring>

#include "server/http/wire.h"

namespace {

using namespace varde::http;

constexpr WireLimits kLimits{.header_bytes = 1024, .header_count = 8, .url_bytes = 256, .body_bytes = 4096};

class Pieces : public Wire {
 public:
  Pieces(std::string_view bytes, std::size_t piece) : bytes_(bytes), piece_(piece) {}
  std::ptrdiff_t receive(char* into, std::size_t size, Clock::time_point) override {
    const std::size_t got = std::min({size, piece_, bytes_.size()});
    std::memcpy(into, bytes_.data(), got);
    bytes_.remove_prefix(got);
    return static_cast<std::ptrdiff_t>(got);
  }
  void send(std::string_view) override {}

 private:
  std::string_view bytes_;
  std::size_t piece_;
};

/// Everything that was understood, one line a request.
std::string heard(std::string_view bytes, std::size_t piece) {
  Pieces wire(bytes, piece);
  Memory memory(1 << 20);
  Reader reader(wire, kLimits, memory);
  std::string out;
  while (true) {
    const Incoming incoming = reader.next();
    const auto* received = std::get_if<Received>(&incoming);
    if (received == nullptr) return out + (std::holds_alternative<Refused>(incoming) ? "refused" : "closed");
    if (received->body.size() > kLimits.body_bytes || received->headers.size() > kLimits.header_count) std::abort();
    out += received->method + " " + received->target + "\n";
    for (const auto& [name, value] : received->headers) out.append(name).append("=").append(value).append("\n");
    out += received->body + "\n";
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  if (heard(bytes, SIZE_MAX) != heard(bytes, 7)) std::abort();
  return 0;
}
