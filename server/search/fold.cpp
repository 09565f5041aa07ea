#include "server/search/fold.h"

#include <unicode/uchar.h>
#include <unicode/unorm2.h>
#include <unicode/utf16.h>
#include <unicode/utf8.h>

#include <algorithm>
#include <array>
#include <stdexcept>

namespace varde::search {
namespace {

/// å is written as ÿ, which nothing else folds to: it sorts behind ø.
constexpr std::string_view kAe = "æ", kOe = "ø", kAa = "ÿ";

/// Lower-case letters that Unicode does not decompose, or not as Norwegians would.
struct LetterRow {
  char32_t letter;
  std::string_view to;
};
constexpr std::array kLetters{
    LetterRow{U'ß', "ss"}, LetterRow{U'ä', kAe}, LetterRow{U'å', kAa},  LetterRow{U'æ', kAe}, LetterRow{U'ð', "d"},
    LetterRow{U'ö', kOe},  LetterRow{U'ø', kOe}, LetterRow{U'þ', "th"}, LetterRow{U'đ', "d"}, LetterRow{U'ħ', "h"},
    LetterRow{U'ı', "i"},  LetterRow{U'ĸ', "k"}, LetterRow{U'ł', "l"},  LetterRow{U'ŋ', "n"}, LetterRow{U'œ', kOe},
    LetterRow{U'ŧ', "t"},  LetterRow{U'ƀ', "b"}, LetterRow{U'ƶ', "z"},  LetterRow{U'ǥ', "g"}, LetterRow{U'ɨ', "i"},
};
static_assert(std::ranges::is_sorted(kLetters, {}, &LetterRow::letter));

/// Marks that make a letter of its own; every other accent is dropped.
struct MarkRow {
  char base;
  UChar32 mark;
  std::string_view to;
};
constexpr std::array kMarks{MarkRow{'a', 0x030A, kAa}, MarkRow{'a', 0x0308, kAe}, MarkRow{'o', 0x0308, kOe}};

/// Accents stand above, below or through their letter; lower classes are parts of a letter (nukta, virama, voicing).
constexpr std::uint8_t kFirstAccentClass = 10;

const UNormalizer2& decompositions() {
  static const UNormalizer2& kInstance = [&]() -> const UNormalizer2& {
    UErrorCode error = U_ZERO_ERROR;
    const UNormalizer2* found = unorm2_getNFKDInstance(&error);
    if (U_FAILURE(error)) throw std::runtime_error("ICU has no normalization data");
    return *found;
  }();
  return kInstance;
}

void append_utf8(UChar32 point, std::string& out) {
  std::array<char, U8_MAX_LENGTH> bytes;
  std::int32_t size = 0;
  U8_APPEND_UNSAFE(bytes.data(), size, point);
  out.append(bytes.data(), static_cast<std::size_t>(size));
}

void append_ascii(char c, std::string& out) {
  if (c == ' ' || (c >= '\t' && c <= '\r')) {
    if (!out.empty() && out.back() != ' ') out += ' ';
  } else if (c > ' ' && c != 0x7F) {
    out += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  }
}

void append_accent(UChar32 mark, std::string& out) {
  const auto row = std::ranges::find_if(
      kMarks, [&](const MarkRow& one) { return one.mark == mark && !out.empty() && out.back() == one.base; });
  if (row != kMarks.end()) out.replace(out.size() - 1, 1, row->to);
}

bool append_letter(UChar32 lower, std::string& out) {
  const auto row = std::ranges::lower_bound(kLetters, static_cast<char32_t>(lower), {}, &LetterRow::letter);
  if (row == kLetters.end() || row->letter != static_cast<char32_t>(lower)) return false;
  out += row->to;
  return true;
}

/// Of a character that is not decomposed further.
void append_plain(UChar32 point, std::string& out) {
  if (point < 0x80) return append_ascii(static_cast<char>(point), out);
  if (u_getCombiningClass(point) >= kFirstAccentClass) return append_accent(point, out);
  if (u_isUWhiteSpace(point)) return append_ascii(' ', out);
  if (u_charType(point) == U_FORMAT_CHAR || u_charType(point) == U_CONTROL_CHAR) return;
  const UChar32 lower = u_foldCase(point, U_FOLD_CASE_DEFAULT);
  if (!append_letter(lower, out)) append_utf8(lower, out);
}

void append(UChar32 point, std::string& out) {
  if (append_letter(u_foldCase(point, U_FOLD_CASE_DEFAULT), out)) return;  // æ, ø and å: most of what is not ASCII
  std::array<UChar, 32> parts;                                             // no decomposition is longer than 18
  UErrorCode error = U_ZERO_ERROR;
  const std::int32_t size =
      unorm2_getDecomposition(&decompositions(), point, parts.data(), static_cast<std::int32_t>(parts.size()), &error);
  if (size < 0 || U_FAILURE(error)) return append_plain(point, out);
  for (std::int32_t i = 0; i < size;) {
    UChar32 part = 0;
    U16_NEXT(parts.data(), i, size, part);
    append_plain(part, out);
  }
}

}  // namespace

std::string fold(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  const auto size = static_cast<std::int32_t>(text.size());
  for (std::int32_t i = 0; i < size;) {
    if (const char c = text[static_cast<std::size_t>(i)]; static_cast<signed char>(c) >= 0) {
      append_ascii(c, out);  // most text, and without a look into Unicode's tables
      ++i;
      continue;
    }
    UChar32 point = 0;
    U8_NEXT(text.data(), i, size, point);
    if (point >= 0) append(point, out);
  }
  if (out.ends_with(' ')) out.pop_back();
  return out;
}

std::string fold_case(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  const auto size = static_cast<std::int32_t>(text.size());
  for (std::int32_t i = 0; i < size;) {
    UChar32 point = 0;
    U8_NEXT(text.data(), i, size, point);
    if (point >= 'A' && point < 0x80)
      out += static_cast<char>(point <= 'Z' ? point - 'A' + 'a' : point);
    else if (point >= 0)
      append_utf8(u_foldCase(point, U_FOLD_CASE_DEFAULT), out);
  }
  return out;
}

}  // namespace varde::search
