#include "server/followup/section.h"

#include "server/followup/parts.h"

namespace varde::followup {
namespace {

std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '<')
      out += "&lt;";
    else if (c == '>')
      out += "&gt;";
    else if (c == '&')
      out += "&amp;";
    else
      out += c;
  }
  return out;
}

}  // namespace

std::string narrative_of(const Section& section) {
  std::string div = R"(<div xmlns="http://www.w3.org/1999/xhtml"><ul>)";
  for (const auto& line : section.lines) div.append("<li>").append(escaped(line)).append("</li>");
  return div + "</ul></div>";
}

void add_section(fhir::Editor composition, const Section& section) {
  auto added = composition.add("section");
  added.set("title", section.title);
  auto text = added.add("text");
  text.set("status", "generated");
  text.set("div", narrative_of(section));
  for (const auto& entry : section.entries) add_reference(added, "entry", entry);
}

}  // namespace varde::followup
