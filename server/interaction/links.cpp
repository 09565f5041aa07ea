#include "server/interaction/links.h"

#include <algorithm>
#include <array>

#include "fhir-model/element/reference.h"
#include "server/interaction/text.h"
#include "server/search/parameter.h"

namespace varde::interaction {
namespace {

using fhir::Element;
using fhir::LiteralReference;
using Knows = FullUrls::Knows;

bool is_urn(std::string_view text) { return text.starts_with("urn:uuid:") || text.starts_with("urn:oid:"); }

tl::unexpected<Failure> names_none(std::string expression) {
  return fail(Fault::reference_unresolved, "A reference names a fullUrl that no entry of the Bundle has.",
              std::move(expression));
}

std::string literal(std::string_view base, const LiteralReference& reference) {
  std::string out(base);
  if (!out.empty()) out += '/';
  return out.append(fhir::row_of(reference.type).name).append("/").append(reference.id);
}

/// How an element's text is a link.
enum class Link : std::uint8_t {
  none,
  reference,
  url,   ///< may be relative
  name,  ///< uri, oid, uuid: what is not a placeholder is somebody's name for something, true wherever it stands
  narrative,
};

Link link_of(Element at) {
  struct Row {
    fhir::TypeId type;
    Link link;
  };
  static const std::array kRows{Row{fhir::find_type("url"), Link::url}, Row{fhir::find_type("uri"), Link::name},
                                Row{fhir::find_type("oid"), Link::name}, Row{fhir::find_type("uuid"), Link::name},
                                Row{fhir::find_type("xhtml"), Link::narrative}};
  static const fhir::TypeId kReference = fhir::find_type("Reference");
  if (at.name() == "reference" && at.parent().type() == kReference) return Link::reference;
  const auto row = std::ranges::find(kRows, at.type(), &Row::type);
  return row == kRows.end() ? Link::none : row->link;
}

/// <a href> and <img src> of well-formed XHTML.
class Narrative {
 public:
  Narrative(std::string_view text, std::string_view from, const FullUrls& urls)
      : text_(text), from_(from), urls_(urls) {}

  /// Empty when it has no such links.
  std::string replaced() {
    for (std::size_t open = text_.find('<'); open != std::string_view::npos; open = text_.find('<', open + 1)) {
      const std::size_t close = std::min(text_.find('>', open), text_.size());
      const std::string_view tag = text_.substr(open, close - open);
      if (is_element(tag, "<a"))
        attribute(open, tag, "href");
      else if (is_element(tag, "<img"))
        attribute(open, tag, "src");
    }
    if (copied_ == 0) return {};
    return out_.append(text_.substr(copied_));
  }

 private:
  static bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }
  static bool is_element(std::string_view tag, std::string_view start) {
    return tag.starts_with(start) && tag.size() > start.size() && is_blank(tag[start.size()]);
  }

  void attribute(std::size_t start, std::string_view tag, std::string_view name) {
    for (std::size_t at = tag.find(name); at != std::string_view::npos; at = tag.find(name, at + 1)) {
      std::size_t quote = at + name.size();
      const auto skip_blanks = [&] {
        while (quote < tag.size() && is_blank(tag[quote])) ++quote;
      };
      skip_blanks();
      if (!is_blank(tag[at - 1]) || quote >= tag.size() || tag[quote] != '=') continue;
      ++quote, skip_blanks();
      const std::size_t close = quote < tag.size() ? tag.find(tag[quote], quote + 1) : std::string_view::npos;
      if (close == std::string_view::npos) continue;
      const auto found = urls_.find(tag.substr(quote + 1, close - quote - 1), from_);
      if (found.knows != Knows::place) return;
      const std::size_t from = start + quote + 1;
      out_.append(text_.substr(copied_, from - copied_)).append(found.place);
      copied_ = start + close;
      return;
    }
  }

  std::string_view text_, from_;
  const FullUrls& urls_;
  std::string out_;
  std::size_t copied_ = 0;
};

class Replacing {
 public:
  Replacing(std::string_view from, const FullUrls& urls) : from_(from), urls_(urls) {}

  Result<void> all(fhir::Editor at) {
    for (const Element child : at.children()) {
      if (child.has_value())
        if (auto done = one(at.edit(child)); !done) return done;
      if (auto done = all(at.edit(child)); !done) return done;  // a primitive has extensions
    }
    return {};
  }
  std::vector<std::uint32_t> conditional;

 private:
  Result<void> one(fhir::Editor at) {
    const Link link = link_of(at);
    if (link == Link::none || (link == Link::name && !is_urn(at.value()))) return {};
    if (link == Link::narrative) {
      if (const std::string text = Narrative(at.value(), from_, urls_).replaced(); !text.empty()) at.set_value(text);
      return {};
    }
    const auto found = urls_.find(at.value(), from_);
    if (found.knows == Knows::place) {
      at.set_value(found.place);
    } else if (link == Link::reference) {
      if (is_urn(at.value())) return names_none(at.path());
      if (conditional_reference(at.value())) conditional.push_back(at.node());
    }
    return {};
  }

  std::string_view from_;
  const FullUrls& urls_;
};

enum class Values : std::uint8_t { others, perhaps_references, references };

/// What a criterion of that name has for values. Where a chain ends is not looked for.
Values values_of(fhir::TypeId type, std::string_view name) {
  const auto* parameter = search::parameters_of(type).find(name.substr(0, name.find_first_of(":.")));
  if (parameter == nullptr) return Values::perhaps_references;
  if (parameter->kind != fhir::SearchKind::reference) return Values::others;
  return name.find('.') == std::string_view::npos ? Values::references : Values::perhaps_references;
}

}  // namespace

void FullUrls::declare(std::string_view full_url) {
  if (!full_url.empty()) places_.try_emplace(std::string(full_url));
}

void FullUrls::lead(std::string_view full_url, std::string place, std::int64_t version) {
  if (!full_url.empty()) places_[std::string(full_url)] = {true, std::move(place), version};
}

FullUrls::Found FullUrls::find(std::string_view link, std::string_view from) const {
  if (places_.empty()) return {};
  auto found = places_.find(link);
  bool versioned = false;
  if (found == places_.end()) {
    const LiteralReference reference = fhir::parse_reference(link);
    if (reference.type == fhir::TypeId::none) return {};
    const bool relative = reference.form == LiteralReference::Form::relative;
    const LiteralReference own = relative ? fhir::parse_reference(from) : LiteralReference{};
    if (relative && own.base.empty()) return {};
    found = places_.find(literal(relative ? own.base : reference.base, reference));
    versioned = !reference.version.empty();
  }
  if (found == places_.end()) return {};
  const Place& place = found->second;
  if (!place.known) return {Knows::not_yet};
  return {Knows::place, versioned ? place.text + "/_history/" + std::to_string(place.version) : place.text};
}

std::optional<ConditionalReference> conditional_reference(std::string_view text) {
  const std::size_t mark = text.find('?');
  if (mark == std::string_view::npos) return std::nullopt;
  const fhir::TypeId type = fhir::find_resource_type(text.substr(0, mark));
  if (type == fhir::TypeId::none) return std::nullopt;
  auto criteria = parse_form(text.substr(mark + 1));
  return ConditionalReference{type, criteria ? std::move(*criteria) : Parameters()};
}

Result<std::vector<std::uint32_t>> replace_links(fhir::Tree& resource, std::string_view from, const FullUrls& urls) {
  Replacing replacing(from, urls);
  FHIR_TRY(replacing.all(resource.edit()));
  return std::move(replacing.conditional);
}

Result<std::optional<Parameters>> replace_links(fhir::TypeId type, Parameters criteria, std::string_view from,
                                                const FullUrls& urls) {
  for (auto& [name, value] : criteria) {
    const Values values = values_of(type, name);
    if (values == Values::others) continue;
    std::string replaced;
    for (std::string_view rest = value;;) {
      const std::size_t comma = rest.find(',');
      const std::string_view one = rest.substr(0, comma);
      const auto found = urls.find(one, from);
      if (found.knows == Knows::not_yet) return std::optional<Parameters>();
      if (found.knows == Knows::nothing && values == Values::references && is_urn(one)) return names_none({});
      replaced += found.knows == Knows::place ? std::string_view(found.place) : one;
      if (comma == std::string_view::npos) break;
      replaced += ',', rest.remove_prefix(comma + 1);
    }
    value = std::move(replaced);
  }
  return std::optional(std::move(criteria));
}

}  // namespace varde::interaction
