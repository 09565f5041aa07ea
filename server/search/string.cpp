/// String search: https://hl7.org/fhir/R4/search.html#string
#include <algorithm>
#include <array>

#include "server/search/value.h"

namespace varde::search {
namespace {

using fhir::Element;
using fhir::TypeId;

struct FoldRow {
  char32_t first, last;  ///< a run of letters that fold alike
  std::string_view to;
};

// Latin-1 Supplement and Latin Extended-A, both cases. Not listed: itself.
// clang-format off
constexpr std::array kFolds{
    FoldRow{0x00A0, 0x00A0, " "},
    FoldRow{0x00C0, 0x00C3, "a"}, FoldRow{0x00C4, 0x00C4, "æ"}, FoldRow{0x00C5, 0x00C5, "å"}, FoldRow{0x00C6, 0x00C6, "æ"},
    FoldRow{0x00C7, 0x00C7, "c"}, FoldRow{0x00C8, 0x00CB, "e"}, FoldRow{0x00CC, 0x00CF, "i"}, FoldRow{0x00D0, 0x00D0, "ð"},
    FoldRow{0x00D1, 0x00D1, "n"}, FoldRow{0x00D2, 0x00D5, "o"}, FoldRow{0x00D6, 0x00D6, "ø"}, FoldRow{0x00D8, 0x00D8, "ø"},
    FoldRow{0x00D9, 0x00DC, "u"}, FoldRow{0x00DD, 0x00DD, "y"}, FoldRow{0x00DE, 0x00DE, "þ"}, FoldRow{0x00DF, 0x00DF, "ss"},
    FoldRow{0x00E0, 0x00E3, "a"}, FoldRow{0x00E4, 0x00E4, "æ"}, FoldRow{0x00E7, 0x00E7, "c"}, FoldRow{0x00E8, 0x00EB, "e"},
    FoldRow{0x00EC, 0x00EF, "i"}, FoldRow{0x00F1, 0x00F1, "n"}, FoldRow{0x00F2, 0x00F5, "o"}, FoldRow{0x00F6, 0x00F6, "ø"},
    FoldRow{0x00F9, 0x00FC, "u"}, FoldRow{0x00FD, 0x00FD, "y"}, FoldRow{0x00FF, 0x00FF, "y"},
    FoldRow{0x0100, 0x0105, "a"}, FoldRow{0x0106, 0x010D, "c"}, FoldRow{0x010E, 0x0111, "d"}, FoldRow{0x0112, 0x011B, "e"},
    FoldRow{0x011C, 0x0123, "g"}, FoldRow{0x0124, 0x0127, "h"}, FoldRow{0x0128, 0x0131, "i"}, FoldRow{0x0134, 0x0135, "j"},
    FoldRow{0x0136, 0x0138, "k"}, FoldRow{0x0139, 0x0142, "l"}, FoldRow{0x0143, 0x0149, "n"}, FoldRow{0x014A, 0x014B, "n"},
    FoldRow{0x014C, 0x0151, "o"}, FoldRow{0x0152, 0x0153, "ø"}, FoldRow{0x0154, 0x0159, "r"}, FoldRow{0x015A, 0x0161, "s"},
    FoldRow{0x0162, 0x0167, "t"}, FoldRow{0x0168, 0x0173, "u"}, FoldRow{0x0174, 0x0175, "w"}, FoldRow{0x0176, 0x0178, "y"},
    FoldRow{0x0179, 0x017E, "z"},
};
// clang-format on

/// Combining marks that make a letter of its own (NFD å ä ö); every other mark is dropped.
struct MarkRow {
  char base;
  char32_t mark;
  std::string_view to;
};
constexpr std::array kMarks{MarkRow{'a', 0x030A, "å"}, MarkRow{'a', 0x0308, "æ"}, MarkRow{'o', 0x0308, "ø"}};

/// The next code point; `text` was checked to be UTF-8 when it came in.
char32_t take(std::string_view& text) {
  const auto byte = [&](std::size_t i) { return i < text.size() ? static_cast<unsigned char>(text[i]) : 0u; };
  const unsigned lead = byte(0);
  const std::size_t size = lead < 0x80 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
  char32_t point = size == 1 ? lead : lead & (0xFFu >> (size + 1));
  for (std::size_t i = 1; i < size; ++i) point = (point << 6) | (byte(i) & 0x3F);
  text.remove_prefix(std::min(size, text.size()));
  return point;
}

void fold_one(char32_t point, std::string_view raw, std::string& out) {
  const auto found = std::ranges::upper_bound(kFolds, point, {}, &FoldRow::first);
  if (found != kFolds.begin() && point <= std::prev(found)->last) {
    out += std::prev(found)->to;
  } else {
    out += raw;
  }
}

void add(std::string_view text, ParameterKey key, IndexRows& rows) {
  if (text.empty()) return;
  std::string row = fold(text);
  row += kOriginalFollows;
  row += text;
  rows.strings.push_back({key, std::move(row)});
}

constexpr std::array<std::string_view, 5> kNameParts{"family", "given", "prefix", "suffix", "text"};
constexpr std::array<std::string_view, 7> kAddressParts{"text",  "line",       "city",   "district",
                                                        "state", "postalCode", "country"};

}  // namespace

std::string fold(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const std::string_view before = text;
    const char32_t point = take(text);
    const std::string_view raw = before.substr(0, before.size() - text.size());
    if (point < 0x80) {
      const char c = static_cast<char>(point);
      if (c == ' ' || (c >= '\t' && c <= '\r')) {
        if (!out.empty() && out.back() != ' ') out += ' ';
      } else if (point >= ' ' && point != 0x7F) {
        out += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
      }
    } else if (point >= 0x0300 && point <= 0x036F) {
      const auto mark = std::ranges::find_if(
          kMarks, [&](const MarkRow& row) { return row.mark == point && !out.empty() && out.back() == row.base; });
      if (mark != kMarks.end()) out.replace(out.size() - 1, 1, mark->to);
    } else {
      fold_one(point, raw, out);
    }
  }
  if (out.ends_with(' ')) out.pop_back();
  return out;
}

void index_string(Element element, ParameterKey key, IndexRows& rows) {
  static const TypeId kName = fhir::find_type("HumanName"), kAddress = fhir::find_type("Address");
  if (element.has_value()) return add(element.value(), key, rows);
  const std::span<const std::string_view> parts =
      element.type() == kName      ? std::span<const std::string_view>(kNameParts)
      : element.type() == kAddress ? std::span<const std::string_view>(kAddressParts)
                                   : std::span<const std::string_view>();
  for (const std::string_view part : parts)
    for (const Element child : element.each(part)) add(child.value(), key, rows);
}

Result<StringValue> parse_string(std::string_view text, StringValue::Match match, std::string_view parameter) {
  StringValue out{match, fold(text)};
  if (out.folded.empty())
    return fail(Fault::parameter_malformed, "A string search needs at least one letter.", std::string(parameter));
  if (match == StringValue::Match::exact) {
    out.folded += kOriginalFollows;
    out.folded += text;
  }
  return out;
}

}  // namespace varde::search
