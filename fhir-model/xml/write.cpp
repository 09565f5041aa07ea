#include <algorithm>
#include <vector>

#include "fhir-model/validation/xhtml.h"
#include "fhir-model/xml/escape.h"
#include "fhir-model/xml/xml.h"

namespace varde::fhir {
namespace {

using xml::append_escaped;
using xml::Escape;

/// Writes elements in the order of their definitions. Recursion is as deep as the tree, which the codecs limit.
class Writer {
 public:
  enum class Lines : std::uint8_t { one, each };
  explicit Writer(std::string& out, Lines lines = Lines::one) : out_(out), lines_(lines) {}

  void resource(Element at, std::string_view namespace_declaration) {
    out_.append("<").append(at.type_name()).append(namespace_declaration).append(">");
    inside([&] { children(at); });
    out_.append("</").append(at.type_name()).append(">");
  }

 private:
  void new_line() {
    if (lines_ == Lines::each) out_.append("\n").append(depth_ * 2, ' ');
  }
  template <class Write>
  void inside(Write write) {
    ++depth_;
    write();
    --depth_;
    new_line();
  }

  static bool is_attribute(Element at) { return at.definition()->attribute; }

  void attribute(std::string_view name, std::string_view value) {
    out_.append(" ").append(name).append("=\"");
    append_escaped(value, Escape::attribute, out_);
    out_ += '"';
  }

  void children(Element parent) {
    const auto all = parent.children();
    const auto earlier = [](Element a, Element b) { return a.definition()->order < b.definition()->order; };
    if (std::is_sorted(all.begin(), all.end(), earlier)) {
      for (const Element child : all)
        if (!is_attribute(child)) element(child);
      return;
    }
    std::vector<Element> sorted(all.begin(), all.end());
    std::ranges::stable_sort(sorted, earlier);
    for (const Element child : sorted)
      if (!is_attribute(child)) element(child);
  }

  void element(Element at) {
    static const TypeId kXhtml = find_type("xhtml");
    new_line();
    if (at.type() == kXhtml) return narrative(at);
    out_.append("<").append(at.name());
    if (is_resource(at.type())) {
      out_ += '>';
      inside([&] {
        new_line();
        resource(at, "");
      });
      out_.append("</").append(at.name()).append(">");
      return;
    }
    bool content = false;
    for (const Element child : at.children()) {
      if (is_attribute(child)) attribute(child.name(), child.value());
      content |= !is_attribute(child);
    }
    if (at.has_value()) attribute("value", at.value());
    if (!content) {
      out_ += "/>";
      return;
    }
    out_ += '>';
    inside([&] { children(at); });
    out_.append("</").append(at.name()).append(">");
  }

  /// As kept; text that is no XML (it came by JSON and was not validated) is shown as text, not let into the document.
  void narrative(Element at) {
    if (is_well_formed_xhtml(at.value())) {
      for (const char c : at.value()) c == '\r' ? out_.append("&#xD;") : out_.append(1, c);
      return;
    }
    out_.append("<div xmlns=\"http://www.w3.org/1999/xhtml\">");
    append_escaped(at.value(), Escape::text, out_);
    out_.append("</div>");
  }

  std::string& out_;
  const Lines lines_;
  std::size_t depth_ = 0;
};

}  // namespace

constexpr std::string_view kDeclaration = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n";
constexpr std::string_view kNamespace = " xmlns=\"http://hl7.org/fhir\"";

void write_xml(Element resource, std::string& out) {
  out.append(kDeclaration);
  Writer(out).resource(resource, kNamespace);
}

std::string to_pretty_xml(Element resource) {
  std::string out(kDeclaration);
  Writer(out, Writer::Lines::each).resource(resource, kNamespace);
  return out += '\n';
}

std::string to_xml(Element resource) {
  std::string out;
  write_xml(resource, out);
  return out;
}

}  // namespace varde::fhir
