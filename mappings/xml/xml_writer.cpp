#include "mappings/xml/xml_writer.h"

#include <algorithm>
#include <array>
#include <set>
#include <string_view>

#include "fhir-model/xml/escape.h"

namespace varde::mappings::xml {
namespace {

struct Prefix {
  std::string_view ns, prefix;
};
// clang-format off
/// Prefixes as the official examples write them.
constexpr std::array kPrefixes{
    Prefix{"http://www.kith.no/xmlstds/felleskomponent1",     "fk1"},
    Prefix{"http://www.kith.no/xmlstds/epj/epj1/2008-02-20",  "epj1"},
    Prefix{"http://www.kith.no/xmlstds/epj/epj2/2008-02-20",  "epj2"},
    Prefix{"http://www.kith.no/xmlstds/epj/epj3/2008-02-20",  "epj3"},
};
constexpr Prefix kMeta{"http://www.kith.no/xmlstds/epj/meta/2008-02-20", "m1"};
// clang-format on

std::string_view prefix_of(std::string_view ns) {
  const auto known = std::ranges::find(kPrefixes, ns, &Prefix::ns);
  return known == kPrefixes.end() ? std::string_view() : known->prefix;
}

void namespaces_of(const XmlNode& node, std::set<std::string>& found) {
  found.insert(node.ns);
  for (const auto& [name, value] : node.attributes)
    if (name.starts_with("m1:")) found.insert(std::string(kMeta.ns));
  for (const XmlNode& child : node.children) namespaces_of(child, found);
}

/// The payload's default namespace is the components', as in the official examples; its own gets a prefix.
class Writer {
 public:
  void write(const XmlNode& node, int depth, std::string_view default_ns) {
    const std::string indent(2 * depth, ' ');
    const bool root = depth == 0;
    const bool opens = !root && inside_content_;  // a payload: declares what it uses
    inside_content_ = false;
    std::string_view inner_default = root ? std::string_view(node.ns) : default_ns;
    std::string declarations;
    if (root) {
      declare("", node.ns, declarations);
      std::set<std::string> used;
      if (node.name == "Message") namespaces_of(node, used);  // content that stands in no Content element
      declare_known(used, declarations);
    }
    if (opens) {
      std::set<std::string> used;
      namespaces_of(node, used);
      for (const auto& ns : used)
        if (ns.find("poKomponent") != std::string::npos) inner_default = *components_.insert(ns).first;
      if (inner_default != default_ns) {
        declare("", inner_default, declarations);
        payload_ns_ = node.ns;
        declare("p", payload_ns_, declarations);
        declared_.insert(payload_ns_);
      } else {
        declare("", inner_default = node.ns, declarations);
      }
      declare_known(used, declarations);
    } else if (!root && !node.ns.empty() && node.ns != default_ns && !declared_.contains(node.ns)) {
      declare("", inner_default = node.ns, declarations);
    }
    const std::string name = qualified(node, inner_default);
    out_ += indent + "<" + name + declarations;
    for (const auto& [key, value] : node.attributes) {
      out_ += " " + key + "=\"";
      fhir::xml::append_escaped(value, fhir::xml::Escape::attribute, out_);
      out_ += '"';
    }
    if (node.children.empty() && node.text.empty() && node.markup.empty()) {
      out_ += "/>\n";
      return;
    }
    out_ += '>';
    if (!node.markup.empty()) {
      out_ += node.markup;
    } else if (node.children.empty()) {
      fhir::xml::append_escaped(node.text, fhir::xml::Escape::text, out_);
    } else {
      out_ += '\n';
      const bool holds_payloads = node.name == "Content";
      for (const XmlNode& child : node.children) {
        inside_content_ = holds_payloads;
        const auto declared = holds_payloads ? declared_ : std::set<std::string>();
        write(child, depth + 1, inner_default);
        if (holds_payloads) declared_ = declared, payload_ns_.clear();  // of the next one nothing is declared yet
      }
      out_ += indent;
    }
    out_ += "</" + name + ">\n";
  }

  std::string out_ = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n";

 private:
  static void declare(std::string_view prefix, std::string_view ns, std::string& to) {
    to += " xmlns";
    if (!prefix.empty()) (to += ':') += prefix;
    to += "=\"";
    to += ns;
    to += '"';
  }

  void declare_known(const std::set<std::string>& used, std::string& to) {
    for (const auto& known : kPrefixes)
      if (used.contains(std::string(known.ns)) && declared_.insert(std::string(known.ns)).second)
        declare(known.prefix, known.ns, to);
    if (used.contains(std::string(kMeta.ns)) && declared_.insert(std::string(kMeta.ns)).second)
      declare(kMeta.prefix, kMeta.ns, to);
  }

  std::string qualified(const XmlNode& node, std::string_view default_ns) const {
    if (node.ns == default_ns) return node.name;
    const auto prefix = node.ns == payload_ns_ ? std::string_view("p") : prefix_of(node.ns);
    return prefix.empty() ? node.name : std::string(prefix) + ":" + node.name;
  }

  bool inside_content_ = false;
  std::string payload_ns_;
  std::set<std::string> components_, declared_;
};

}  // namespace

std::string write_xml(const XmlNode& root) {
  Writer writer;
  writer.write(root, 0, {});
  return std::move(writer.out_);
}

}  // namespace varde::mappings::xml
