/// Conversions that go deeper: a level of the message, a resource of its own.
#include "mappings/rows/conversions.h"

namespace varde::mappings::rows {
namespace {

using fhir::Editor;
using fhir::Element;

void nested_to_fhir(Inbound& inbound, const Row& row, const XmlNode& from, Editor parent, std::string_view name) {
  Editor at = name.empty() ? parent : row.card == Card::many ? parent.add(name) : parent.ensure(name);
  read(inbound, row.rows, from, at);
}

bool nested_to_xml(Outbound& outbound, const Row& row, Element value, XmlNode& out) {
  return write(outbound, row.rows, value, out);
}

void resource_to_fhir(Inbound& inbound, const Row& row, const XmlNode& from, Editor, std::string_view name) {
  read(inbound, row.rows, from, inbound.add_resource(name, row.about));
}

void single_to_fhir(Inbound& inbound, const Row& row, const XmlNode& from, Editor, std::string_view name) {
  read(inbound, row.rows, from, inbound.resource(name));
}

bool single_to_xml(Outbound& outbound, const Row& row, Element value, XmlNode& out) {
  return tag_of(value).empty() && write(outbound, row.rows, value, out);
}

bool tagged_to_xml(Outbound& outbound, const Row& row, Element value, XmlNode& out) {
  return tag_of(value) == row.about && write(outbound, row.rows, value, out);
}

bool resource_to_xml(Outbound& outbound, const Row& row, Element value, XmlNode& out) {
  const auto tag = tag_of(value);
  return (tag.empty() || tag == row.about) && write(outbound, row.rows, value, out);
}

}  // namespace

const Conversion nested{nested_to_fhir, nested_to_xml};
const Conversion resource{resource_to_fhir, resource_to_xml};
const Conversion single{single_to_fhir, single_to_xml};
const Conversion tagged{resource_to_fhir, tagged_to_xml};

}  // namespace varde::mappings::rows
