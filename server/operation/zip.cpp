#include "server/operation/zip.h"

#include <zlib.h>

#include <cstdint>

namespace varde::operation {
namespace {

constexpr std::uint16_t kVersion = 20;     ///< 2.0: what every reader knows
constexpr std::uint16_t kUtf8 = 1u << 11;  ///< names are UTF-8
constexpr std::uint16_t kDay = 0x21;       ///< 1980-01-01: no time of ours is told

std::uint32_t crc_of(std::string_view bytes) {
  return static_cast<std::uint32_t>(::crc32_z(0, reinterpret_cast<const Bytef*>(bytes.data()), bytes.size()));
}

class Writer {
 public:
  Writer& two(std::uint32_t value) { return bytes(value, 2); }
  Writer& four(std::uint32_t value) { return bytes(value, 4); }
  Writer& text(std::string_view value) {
    out.append(value);
    return *this;
  }
  std::uint32_t size() const { return static_cast<std::uint32_t>(out.size()); }

  std::string out;

 private:
  Writer& bytes(std::uint32_t value, int count) {
    for (int i = 0; i < count; ++i) out += static_cast<char>((value >> (8 * i)) & 0xFF);
    return *this;
  }
};

/// What the local header and the central directory say alike.
void describe(Writer& to, const ZipEntry& entry, std::uint32_t crc) {
  const auto size = static_cast<std::uint32_t>(entry.bytes.size());
  to.two(kVersion).two(kUtf8).two(0).two(0).two(kDay).four(crc).four(size).four(size);
  to.two(static_cast<std::uint32_t>(entry.name.size())).two(0);
}

}  // namespace

std::string zip_of(const std::vector<ZipEntry>& entries) {
  Writer file, directory;
  for (const auto& entry : entries) {
    const auto at = file.size();
    const auto crc = crc_of(entry.bytes);
    file.four(0x04034B50);
    describe(file, entry, crc);
    file.text(entry.name).text(entry.bytes);
    directory.four(0x02014B50).two(kVersion);
    describe(directory, entry, crc);
    directory.two(0).two(0).two(0).four(0).four(at).text(entry.name);
  }
  const auto start = file.size();
  const auto count = static_cast<std::uint32_t>(entries.size());
  file.text(directory.out);
  file.four(0x06054B50).two(0).two(0).two(count).two(count).four(directory.size()).four(start).two(0);
  return std::move(file.out);
}

}  // namespace varde::operation
