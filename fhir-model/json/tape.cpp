#include "fhir-model/json/tape.h"

#include <algorithm>
#include <cstring>

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
  const TapeLimits limits;
  std::vector<Token> tape = {};
  std::size_t values = 0;
  std::vector<std::uint32_t> open = {};
  Fault stopped_by = Fault::not_well_formed;

  bool put(Kind kind, const char* text, std::size_t size) {
    if (tape.size() >= limits.tokens) return stop(Fault::too_large);
    tape.push_back({text, static_cast<std::uint32_t>(size), kind});
    values += is_value(kind);
    return true;
  }
  bool stop(Fault why) {
    stopped_by = why;
    return false;
  }
  bool begin(Kind kind) {
    if (open.size() >= limits.depth) return stop(Fault::too_deep);
    open.push_back(static_cast<std::uint32_t>(tape.size()));
    return put(kind, nullptr, 0);
  }
  bool finish() {
    tape[open.back()].size = static_cast<std::uint32_t>(tape.size());
    open.pop_back();
    return put(Kind::end, nullptr, 0);
  }
  bool Null() { return put(Kind::null, nullptr, 0); }
  bool Bool(bool value) { return value ? put(Kind::boolean, "true", 4) : put(Kind::boolean, "false", 5); }
  bool RawNumber(const char* text, rj::SizeType size, bool) {
    return size <= kLongestNumber ? put(Kind::number, text, size) : stop(Fault::value_malformed);
  }
  bool String(const char* text, rj::SizeType size, bool) { return put(Kind::string, text, size); }
  bool Key(const char* text, rj::SizeType size, bool) { return put(Kind::key, text, size); }
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
bool has_lone_surrogate(const std::vector<Token>& tape) {
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
      Failure{fault, std::string(what) + " at " + text::to_words(place) + std::string(why) + ".", {}, {}, place});
}

}  // namespace

Result<Tape> read_tape(std::string_view text, char* copy, const TapeLimits& limits) {
  // Not by RapidJSON, whose check reads past the end of a sequence that is cut off.
  if (const auto bad = text::first_invalid_utf8(text); bad != text.npos)
    return fail_at(Fault::encoding_invalid, text, bad, "The text is not valid UTF-8", "");
  Recorder recorder{{std::min(limits.depth, kDeepest), limits.tokens}};
  recorder.tape.reserve(std::min(text.size() / 6 + 8, limits.tokens));
  rj::InsituStringStream stream(copy);
  rj::Reader reader;
  const auto parsed = reader.Parse<kFlags>(stream, recorder);
  if (parsed.IsError()) {
    if (parsed.Code() != rj::kParseErrorTermination)
      return fail_at(Fault::not_well_formed, text, parsed.Offset(), "JSON is not well-formed",
                     ": " + std::string(reason(parsed.Code())));
    if (recorder.stopped_by == Fault::too_deep)
      return fail_at(Fault::too_deep, text, parsed.Offset(),
                     "JSON nests deeper than " + std::to_string(recorder.limits.depth) + " levels", "");
    if (recorder.stopped_by == Fault::value_malformed)
      return fail_at(Fault::value_malformed, text, parsed.Offset(),
                     "A number has more than " + std::to_string(kLongestNumber) + " characters", "");
    return fail(Fault::too_large, "The JSON text has more than " + std::to_string(limits.tokens) + " tokens.");
  }
  if (stream.Tell() < text.size())
    return fail_at(Fault::not_well_formed, text, stream.Tell(), "JSON is not well-formed",
                   ": there is a NUL byte after the value");
  if (text.find("\\u") != text.npos && has_lone_surrogate(recorder.tape))
    return fail(Fault::encoding_invalid, "A \\u escape is half of a surrogate pair without the other half.");
  return Tape{std::move(recorder.tape), recorder.values};
}

}  // namespace varde::fhir::json
