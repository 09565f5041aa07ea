#include "fhir-model/json/members.h"

namespace varde::fhir::json {
namespace {

constexpr TapeLimits kLimits{100, 4'000'000};

/// Walks text that is known to be well-formed.
class Cursor {
 public:
  explicit Cursor(std::string_view text) : text_(text) {}

  void skip(std::string_view characters) {
    while (at_ < text_.size() && characters.find(text_[at_]) != std::string_view::npos) ++at_;
  }
  std::string_view value() {
    const std::size_t start = at_;
    int open = 0;
    do {
      const char c = text_[at_];
      if (c == '"') {
        string();
      } else {
        if (c == '{' || c == '[') ++open;
        if (c == '}' || c == ']') --open;
        ++at_;
      }
      if (open == 0 && is_end()) break;
    } while (at_ < text_.size());
    return text_.substr(start, at_ - start);
  }

 private:
  void string() {
    for (++at_; text_[at_] != '"'; ++at_)
      if (text_[at_] == '\\') ++at_;
    ++at_;
  }
  bool is_end() const {
    return at_ >= text_.size() || std::string_view(" \t\r\n,:}]").find(text_[at_]) != std::string_view::npos;
  }

  std::string_view text_;
  std::size_t at_ = 0;
};

}  // namespace

Result<std::vector<Member>> read_members(std::string_view object) {
  if (object.starts_with("\xEF\xBB\xBF")) object.remove_prefix(3);  // a byte order mark, RFC 8259 §8.1
  std::string buffer(object);
  const auto read = read_tape(object, buffer.data(), kLimits);
  FHIR_TRY(read);
  const Token* tape = read->tokens.get();
  if (tape[0].kind != Kind::object) return fail(Fault::not_well_formed, "A JSON object is needed here.");
  std::vector<Member> out;
  Cursor cursor(object);
  cursor.skip(" \t\r\n{");
  const auto after = [&](std::size_t at) {
    const Kind kind = tape[at].kind;
    return kind == Kind::object || kind == Kind::array ? tape[at].size + 1 : at + 1;
  };
  for (std::size_t key = 1; key < tape[0].size; key = after(key + 1)) {
    const Token& value = tape[key + 1];
    cursor.value();
    cursor.skip(" \t\r\n:");
    const std::string_view raw = cursor.value();
    cursor.skip(" \t\r\n,");
    const bool literal = value.kind != Kind::object && value.kind != Kind::array && value.kind != Kind::null;
    out.push_back(
        {std::string(tape[key].view()), value.kind, literal ? std::string(value.view()) : std::string(), raw});
  }
  return out;
}

}  // namespace varde::fhir::json
