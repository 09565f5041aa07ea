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
  explicit Writer(std::string& out) : out_(out) {}

  void resource(Element at, std::string_view namespace_declaration) {
    out_.append("<").append(at.type_name()).append(namespace_declaration).append(">");
    children(at);
    out_.append("</").append(at.type_name()).append(">");
  }

 private:
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
    if (at.type() == kXhtml) return narrative(at);
    out_.append("<").append(at.name());
    if (is_resource(at.type())) {
      out_ += '>';
      resource(at, "");
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
    children(at);
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
};

}  // namespace

void write_xml(Element resource, std::string& out) {
  out.append("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
  Writer(out).resource(resource, " xmlns=\"http://hl7.org/fhir\"");
}

std::string to_xml(Element resource) {
  std::string out;
  write_xml(resource, out);
  return out;
}

}  // namespace varde::fhir
