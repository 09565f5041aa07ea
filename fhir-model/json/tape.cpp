#include "fhir-model/json/tape.h"

#include <algorithm>
#include <span>
#include <utility>

#include "fhir-model/text/position.h"
#include "fhir-model/text/utf8.h"

#define RAPIDJSON_HAS_STDSTRING 0
#include <rapidjson/error/en.h>
#include <rapidjson/reader.h>

namespace varde::fhir::json {
namespace {

namespace rj = rapidjson;
constexpr unsigned kFlags = rj::kParseInsituFlag | rj::kParseNumbersAsStringsFlag;
// RapidJSON goes one call deeper for each level, which is a fifth faster than its iterative way, and stops at once
// where the handler says so.
constexpr std::size_t kDeepest = 1000;
constexpr std::size_t kLongestNumber = 4096;  // characters

bool is_value(Kind kind) { return kind != Kind::key && kind != Kind::array && kind != Kind::end; }

/// RapidJSON SAX handler that writes the tape.
struct Recorder {
  const std::size_t most_tokens, most_depth;
  std::size_t room;
  std::unique_ptr<Token[]> tape = std::make_unique_for_overwrite<Token[]>(room);
  std::size_t size = 0, values = 0, depth = 0;
  std::uint32_t innermost = 0;  ///< object or array that is open; its size holds the one around it until it is closed
  Fault stopped_by = Fault::not_well_formed;

  bool put(Kind kind, const char* text, std::size_t length) {
    if (size == room && !grow()) return stop(Fault::too_large);
    tape[size++] = {text, static_cast<std::uint32_t>(length), kind};
    values += is_value(kind);
    return true;
  }
  bool grow() {
    if (room >= most_tokens) return false;
    room = std::min(2 * room, most_tokens);
    auto larger = std::make_unique_for_overwrite<Token[]>(room);
    std::copy_n(tape.get(), size, larger.get());
    tape = std::move(larger);
    return true;
  }
  bool stop(Fault why) {
    stopped_by = why;
    return false;
  }
  bool begin(Kind kind) {
    if (depth >= most_depth) return stop(Fault::too_deep);
    ++depth;
    const std::uint32_t around = std::exchange(innermost, static_cast<std::uint32_t>(size));
    return put(kind, nullptr, around);
  }
  bool finish() {
    --depth;
    Token& closed = tape[innermost];
    innermost = std::exchange(closed.size, static_cast<std::uint32_t>(size));
    return put(Kind::end, nullptr, 0);
  }
  bool Null() { return put(Kind::null, nullptr, 0); }
  bool Bool(bool value) { return value ? put(Kind::boolean, "true", 4) : put(Kind::boolean, "false", 5); }
  bool RawNumber(const char* text, rj::SizeType length, bool) {
    return length <= kLongestNumber ? put(Kind::number, text, length) : stop(Fault::value_malformed);
  }
  bool String(const char* text, rj::SizeType length, bool) { return put(Kind::string, text, length); }
  bool Key(const char* text, rj::SizeType length, bool) { return put(Kind::key, text, length); }
  bool StartObject() { return begin(Kind::object); }
  bool EndObject(rj::SizeType) { return finish(); }
  bool StartArray() { return begin(Kind::array); }
  bool EndArray(rj::SizeType) { return finish(); }
  // Numbers always come as text (kParseNumbersAsStringsFlag).
  bool Int(int) { return false; }
  bool Uint(unsigned) { return false; }
  bool Int64(std::int64_t) { return false; }
  bool Uint64(std::uint64_t) { return false; }
  bool Double(double) { return false; }
};

/// RapidJSON 1.1 lets a lone \uDC00..\uDFFF through; its UTF-8 form is ED B0..BF xx.
bool has_lone_surrogate(std::span<const Token> tape) {
  return std::ranges::any_of(tape, [](const Token& token) {
    if (token.kind != Kind::string && token.kind != Kind::key) return false;
    const auto text = token.view();
    for (auto at = text.find('\xED'); at != text.npos && at + 1 < text.size(); at = text.find('\xED', at + 1))
      if (static_cast<unsigned char>(text[at + 1]) >= 0xA0) return true;
    return false;
  });
}

std::string_view reason(rj::ParseErrorCode code) {
  switch (code) {
    case rj::kParseErrorDocumentEmpty: return "the body is empty";
    case rj::kParseErrorDocumentRootNotSingular: return "there is text after the end of the JSON value";
    case rj::kParseErrorValueInvalid: return "this is not a JSON value";
    case rj::kParseErrorObjectMissName: return "an object member needs a name in double quotes";
    case rj::kParseErrorObjectMissColon: return "a colon is missing after the member's name";
    case rj::kParseErrorObjectMissCommaOrCurlyBracket: return "a comma or } is missing after an object member";
    case rj::kParseErrorArrayMissCommaOrSquareBracket: return "a comma or ] is missing after an array element";
    case rj::kParseErrorNumberTooBig: return "a number is larger than 1.7e308";
    case rj::kParseErrorStringMissQuotationMark: return "a string is not closed";
    case rj::kParseErrorStringEscapeInvalid: return "this escape is not one of JSON's";
    case rj::kParseErrorStringUnicodeEscapeInvalidHex: return "\\u needs four hexadecimal digits";
    case rj::kParseErrorStringUnicodeSurrogateInvalid: return "half of a surrogate pair stands alone";
    default: return "this is not well-formed JSON";
  }
}

tl::unexpected<Failure> fail_at(Fault fault, std::string_view text, std::size_t offset, std::string_view what,
                                std::string_view why) {
  const Place place = text::place_of(text, offset);
  return tl::unexpected(
      Failure{.fault = fault,
              .diagnostics = std::string(what) + " at " + text::to_words(place) + std::string(why) + ".",
              .place = place});
}

}  // namespace

Result<Tape> read_tape(std::string_view text, char* copy, const TapeLimits& limits) {
  // Not by RapidJSON, whose check reads past the end of a sequence that is cut off.
  if (const auto bad = text::first_invalid_utf8(text); bad != text.npos)
    return fail_at(Fault::encoding_invalid, text, bad, "The text is not valid UTF-8", "");
  // Seldom has text more tokens than one for each four characters.
  Recorder recorder{limits.tokens, std::min(limits.depth, kDeepest), std::min(text.size() / 4 + 8, limits.tokens)};
  rj::InsituStringStream stream(copy);
  rj::Reader reader;
  const auto parsed = reader.Parse<kFlags>(stream, recorder);
  if (parsed.IsError()) {
    if (parsed.Code() != rj::kParseErrorTermination)
      return fail_at(Fault::not_well_formed, text, parsed.Offset(), "JSON is not well-formed",
                     ": " + std::string(reason(parsed.Code())));
    if (recorder.stopped_by == Fault::too_deep)
      return fail_at(Fault::too_deep, text, parsed.Offset(),
                     "JSON nests deeper than " + std::to_string(recorder.most_depth) + " levels", "");
    if (recorder.stopped_by == Fault::value_malformed)
      return fail_at(Fault::value_malformed, text, parsed.Offset(),
                     "A number has more than " + std::to_string(kLongestNumber) + " characters", "");
    return fail(Fault::too_large, "The JSON text has more than " + std::to_string(limits.tokens) + " tokens.");
  }
  if (stream.Tell() < text.size())
    return fail_at(Fault::not_well_formed, text, stream.Tell(), "JSON is not well-formed",
                   ": there is a NUL byte after the value");
  Tape tape{std::move(recorder.tape), recorder.size, recorder.values};
  if (text.find("\\u") != text.npos && has_lone_surrogate({tape.tokens.get(), tape.size}))
    return fail(Fault::encoding_invalid, "A \\u escape is half of a surrogate pair without the other half.");
  return tape;
}

}  // namespace varde::fhir::json
