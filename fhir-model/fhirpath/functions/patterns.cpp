/// https://hl7.org/fhirpath/N1/#matchesregex-string-boolean
#include <fmt/format.h>
#include <re2/re2.h>

#include "fhir-model/fhirpath/functions/functions.h"
#include "fhir-model/fhirpath/functions/pattern.h"

namespace varde::fhirpath {

namespace {

/// Named groups as Java, .NET and JavaScript write them, (?<name>...), in RE2's words: (?P<name>...).
std::string in_re2_words(std::string_view text) {
  constexpr std::string_view kNamed = "(?<";
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\\' && i + 1 < text.size()) {
      out += text.substr(i++, 2);
      continue;
    }
    out += text[i];
    const bool named = text.substr(i).starts_with(kNamed) && i + kNamed.size() < text.size() &&
                       text[i + kNamed.size()] != '=' && text[i + kNamed.size()] != '!';
    if (named) out += text[++i], out += 'P';
  }
  return out;
}

}  // namespace

tl::expected<Pattern, std::string> compile_pattern(std::string_view text) {
  re2::RE2::Options options;
  options.set_dot_nl(true);
  options.set_log_errors(false);
  options.set_max_mem(4 << 20);
  auto pattern = std::make_shared<const re2::RE2>(in_re2_words(text), options);
  if (!pattern->ok())
    return tl::unexpected(fmt::format("not a regular expression that is supported ({})", pattern->error()));
  return pattern;
}

bool takes_pattern(const FunctionRow& function) {
  return function.run == functions::matches || function.run == functions::matches_full ||
         function.run == functions::replace_matches;
}

namespace functions {
namespace {

re2::StringPiece piece(std::string_view text) { return {text.data(), text.size()}; }

/// nullptr when the argument is empty, or after a fault.
Pattern pattern_of(Call& call) {
  if (call.node.pattern) return call.node.pattern;
  const auto text = call.string(0);
  if (!text) return nullptr;
  call.run.spend(call.node, 1'000 + 10 * text->size());  // compiling one costs as much
  auto pattern = compile_pattern(*text);
  if (!pattern) call.fail(pattern.error());
  return pattern ? *pattern : nullptr;
}

Collection match(Call& call, re2::RE2::Anchor anchor) {
  const auto text = call.only_string();
  const Pattern pattern = text ? pattern_of(call) : nullptr;
  if (!pattern || call.run.failed()) return {};
  return {pattern->Match(piece(*text), 0, text->size(), anchor, nullptr, 0)};
}

/// $1 and ${name} of FHIRPath (as in Java and .NET) as RE2 writes them; nullopt when it names no group.
std::optional<std::string> substitution(std::string_view text, const re2::RE2& pattern) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '\\' && i + 1 < text.size()) {
      const char next = text[++i];
      out += next == '\\' ? "\\\\" : std::string(1, next);
    } else if (c == '\\') {
      out += "\\\\";
    } else if (c != '$') {
      out += c;
    } else if (i + 1 < text.size() && text[i + 1] >= '0' && text[i + 1] <= '9') {
      out += {'\\', text[++i]};
    } else if (const auto close = text.find('}', i); text.substr(i).starts_with("${") && close != text.npos) {
      const auto& groups = pattern.NamedCapturingGroups();
      const auto group = groups.find(std::string(text.substr(i + 2, close - i - 2)));
      if (group == groups.end() || group->second > 9) return std::nullopt;
      out += '\\' + std::to_string(group->second);
      i = close;
    } else {
      out += c;
    }
  }
  return out;
}

}  // namespace

Collection matches(Call& call) { return match(call, re2::RE2::UNANCHORED); }
Collection matches_full(Call& call) { return match(call, re2::RE2::ANCHOR_BOTH); }

Collection replace_matches(Call& call) {
  const auto text = call.only_string();
  const Pattern pattern = text ? pattern_of(call) : nullptr;
  const auto by = call.string(1);
  if (!pattern || !by || call.run.failed()) return {};
  if (pattern->pattern().empty()) return {*text};
  const auto rewrite = substitution(*by, *pattern);
  std::string error;
  if (!rewrite || !pattern->CheckRewriteString(piece(*rewrite), &error)) {
    call.fail("the substitution names a group that the pattern does not have");
    return {};
  }
  if ((text->size() + 1) * (by->size() + 1) > call.run.environment().limits.text_bytes) {
    call.fail("the text would be larger than is allowed");
    return {};
  }
  std::string out(*text);
  re2::RE2::GlobalReplace(&out, *pattern, piece(*rewrite));
  return {std::move(out)};
}

}  // namespace functions
}  // namespace varde::fhirpath
