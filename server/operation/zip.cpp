#include "server/operation/zip.h"

#include <array>
#include <cstdint>

namespace varde::operation {
namespace {

constexpr std::uint16_t kVersion = 20;     ///< 2.0: what every reader knows
constexpr std::uint16_t kUtf8 = 1u << 11;  ///< names are UTF-8
constexpr std::uint16_t kDay = 0x21;       ///< 1980-01-01: no time of ours is told

constexpr std::array<std::uint32_t, 256> crc_table() {
  std::array<std::uint32_t, 256> table{};
  for (std::uint32_t i = 0; i < table.size(); ++i) {
    std::uint32_t value = i;
    for (int bit = 0; bit < 8; ++bit) value = (value & 1) != 0 ? 0xEDB88320u ^ (value >> 1) : value >> 1;
    table.at(i) = value;
  }
  return table;
}

std::uint32_t crc_of(std::string_view bytes) {
  static constexpr auto kTable = crc_table();
  std::uint32_t crc = 0xFFFFFFFFu;
  for (const char c : bytes) crc = kTable.at((crc ^ static_cast<unsigned char>(c)) & 0xFF) ^ (crc >> 8);
  return ~crc;
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
void describe(Writer& to, const ZipEntry& entry) {
  const auto size = static_cast<std::uint32_t>(entry.bytes.size());
  to.two(kVersion).two(kUtf8).two(0).two(0).two(kDay).four(crc_of(entry.bytes)).four(size).four(size);
  to.two(static_cast<std::uint32_t>(entry.name.size())).two(0);
}

}  // namespace

std::string zip_of(const std::vector<ZipEntry>& entries) {
  Writer file, directory;
  for (const auto& entry : entries) {
    const auto at = file.size();
    file.four(0x04034B50);
    describe(file, entry);
    file.text(entry.name).text(entry.bytes);
    directory.four(0x02014B50).two(kVersion);
    describe(directory, entry);
    directory.two(0).two(0).two(0).four(0).four(at).text(entry.name);
  }
  const auto start = file.size();
  const auto count = static_cast<std::uint32_t>(entries.size());
  file.text(directory.out);
  file.four(0x06054B50).two(0).two(0).two(count).two(count).four(directory.size()).four(start).two(0);
  return std::move(file.out);
}

}  // namespace varde::operation
