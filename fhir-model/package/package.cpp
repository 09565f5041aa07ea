#include "fhir-model/package/package.h"

#include <zlib.h>

#include <algorithm>
#include <charconv>
#include <cstring>
#include <stdexcept>
#include <vector>

// The file as it is, in read-only memory: as a table of numbers it would cost the compiler a minute.
asm(R"(
.pushsection .rodata
.balign 16
.global varde_definitions_pack, varde_definitions_pack_end
varde_definitions_pack:
.incbin ")" VARDE_DEFINITIONS_PACK R"("
varde_definitions_pack_end:
.popsection
)");
extern "C" {
extern const unsigned char varde_definitions_pack[];      // NOLINT
extern const unsigned char varde_definitions_pack_end[];  // NOLINT
}

namespace varde::fhir::package {
namespace {

struct Block {
  std::size_t at, packed, size;
};

[[noreturn]] void damaged() { throw std::logic_error("the definitions that the program carries are damaged"); }

std::string inflate_whole(const unsigned char* from, std::size_t packed, std::size_t size) {
  std::string out(size, '\0');
  auto made = static_cast<uLongf>(size);
  if (::uncompress(reinterpret_cast<Bytef*>(out.data()), &made, from, static_cast<uLong>(packed)) != Z_OK ||
      made != size)
    damaged();
  return out;
}

std::uint32_t number_at(std::size_t at) {
  std::uint32_t out = 0;
  for (int i = 3; i >= 0; --i) out = (out << 8) | varde_definitions_pack[at + static_cast<std::size_t>(i)];
  return out;
}

std::string_view word(std::string_view& line) {
  const std::string_view found = line.substr(0, line.find(' '));
  line.remove_prefix(std::min(found.size() + 1, line.size()));
  return found;
}

std::uint32_t number(std::string_view& line) {
  const std::string_view text = word(line);
  std::uint32_t out = 0;
  if (std::from_chars(text.data(), text.data() + text.size(), out).ec != std::errc{}) damaged();
  return out;
}

struct Pack {
  Pack() {
    const std::size_t packed = number_at(0), size = number_at(4);
    index = inflate_whole(varde_definitions_pack + 12, packed, size);
    std::size_t at = 12 + packed;
    for (std::string_view rest = index; !rest.empty();) {
      std::string_view line = rest.substr(0, rest.find('\n'));
      rest.remove_prefix(std::min(line.size() + 1, rest.size()));
      if (word(line) == "B") {
        const std::size_t bytes = number(line);
        blocks.push_back({at, bytes, number(line)});
        at += bytes;
        continue;
      }
      Definition found{find_resource_type(word(line)), word(line), {}, {}, 0, 0, 0};
      found.block = number(line), found.offset = number(line), found.size = number(line);
      const auto url = word(line), version = word(line);
      if (url != "-") found.url = url;
      if (version != "-") found.version = version;
      all.push_back(found);
    }
    if (varde_definitions_pack + at != varde_definitions_pack_end) damaged();
  }
  std::string unpack(std::uint32_t block) const {
    const Block& one = blocks.at(block);
    return inflate_whole(varde_definitions_pack + one.at, one.packed, one.size);
  }

  std::string index;
  std::vector<Block> blocks;
  std::vector<Definition> all;
};

const Pack& the_pack() {
  static const Pack kPack;
  return kPack;
}

}  // namespace

std::span<const Definition> definitions() { return the_pack().all; }

std::span<const Definition> definitions(TypeId type) {
  const auto& all = the_pack().all;
  const auto is_type = [&](const Definition& one) { return one.type == type; };
  const auto first = std::find_if(all.begin(), all.end(), is_type);
  const auto last = std::find_if_not(first, all.end(), is_type);
  return {first, last};
}

const Definition* find(TypeId type, std::string_view id) {
  for (const Definition& one : definitions(type))
    if (one.id == id) return &one;
  return nullptr;
}

const Definition* find_canonical(TypeId type, std::string_view canonical) {
  const auto bar = canonical.rfind('|');
  const auto url = canonical.substr(0, bar), version = bar == std::string_view::npos ? "" : canonical.substr(bar + 1);
  for (const Definition& one : definitions(type))
    if (one.url == url && (version.empty() || one.version == version)) return &one;
  return nullptr;
}

std::string json(const Definition& definition) {
  return the_pack().unpack(definition.block).substr(definition.offset, definition.size);
}

void each(std::span<const Definition> definitions,
          const std::function<void(const Definition&, std::string_view)>& visit) {
  std::string block;
  std::uint32_t number = UINT32_MAX;
  for (const Definition& one : definitions) {
    if (one.block != number) block = the_pack().unpack(one.block), number = one.block;
    visit(one, std::string_view(block).substr(one.offset, one.size));
  }
}

}  // namespace varde::fhir::package
