#include "fhir-model/json/tape.h"

#include <algorithm>
#include <cstring>

#include "fhir-model/text/utf8.h"

#define RAPIDJSON_HAS_STDSTRING 0
#include <rapidjson/error/en.h>
#include <rapidjson/reader.h>

namespace varde::fhir::json {
namespace {

namespace rj = rapidjson;
constexpr unsigned kFlags = rj::kParseInsituFlag | rj::kParseIterativeFlag | rj::kParseNumbersAsStringsFlag;

/// RapidJSON SAX handler that writes the tape.
struct Recorder {
  std::vector<Token>& tape;
  const TapeLimits& limits;
  std::vector<std::uint32_t> open = {};
  Fault stopped_by = Fault::not_well_formed;

  bool put(Kind kind, const char* text, std::size_t size) {
    if (tape.size() >= limits.tokens) return stop(Fault::too_large);
    tape.push_back({text, static_cast<std::uint32_t>(size), kind});
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
  bool RawNumber(const char* text, rj::SizeType size, bool) { return put(Kind::number, text, size); }
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

}  // namespace

std::string position(std::string_view text, std::size_t offset) {
  const auto before = text.substr(0, std::min(offset, text.size()));
  const auto line = std::ranges::count(before, '\n') + 1;
  const auto start = before.rfind('\n');
  const auto column = before.size() - (start == before.npos ? 0 : start + 1) + 1;
  return "line " + std::to_string(line) + ", column " + std::to_string(column);
}

Result<std::vector<Token>> read_tape(char* buffer, std::size_t size, const TapeLimits& limits) {
  const std::string_view original{buffer, size};
  // Not by RapidJSON, whose check reads past the end of a sequence that is cut off.
  if (const auto bad = text::first_invalid_utf8(original); bad != original.npos)
    return fail(Fault::encoding_invalid, "The text is not valid UTF-8 at " + position(original, bad) + ".");
  const bool escapes_surrogates = original.find("\\uD") != original.npos || original.find("\\ud") != original.npos;
  std::vector<Token> tape;
  tape.reserve(size / 12 + 8);
  Recorder recorder{tape, limits};
  rj::InsituStringStream stream(buffer);
  rj::Reader reader;
  const auto parsed = reader.Parse<kFlags>(stream, recorder);
  if (parsed.IsError()) {
    // Characters before the error were unescaped in place at most, so line breaks and offsets still hold.
    const auto where = " at " + position({buffer, size}, parsed.Offset());
    if (parsed.Code() == rj::kParseErrorTermination) {
      if (recorder.stopped_by == Fault::too_deep)
        return fail(Fault::too_deep,
                    "JSON nests deeper than " + std::to_string(limits.depth) + " levels" + where + ".");
      return fail(Fault::too_large, "The JSON text has more than " + std::to_string(limits.tokens) + " tokens.");
    }
    return fail(Fault::not_well_formed,
                "JSON is not well-formed" + where + ": " + std::string(reason(parsed.Code())) + ".");
  }
  if (stream.Tell() < size)
    return fail(Fault::not_well_formed, "JSON is not well-formed at " + position({buffer, size}, stream.Tell()) +
                                            ": there is a NUL byte after the value.");
  if (escapes_surrogates && has_lone_surrogate(tape))
    return fail(Fault::encoding_invalid, "A \\u escape is half of a surrogate pair without the other half.");
  return tape;
}

}  // namespace varde::fhir::json
