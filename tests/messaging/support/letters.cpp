#include "tests/messaging/support/letters.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <regex>
#include <stdexcept>

#include "mappings/message.h"
#include "tests/messaging/support/gateway.h"

namespace varde::messaging::test {

std::string read_fixture(const std::string& path) {
  const char* source = std::getenv("VARDE_SOURCE");
  const auto file = std::filesystem::path(source ? source : ".") / "tests/mappings" / path;
  std::ifstream in(file, std::ios::binary);
  if (!in) throw std::runtime_error("cannot read " + file.string());
  return {std::istreambuf_iterator<char>(in), {}};
}

std::string first_fixture(const std::string& folder) {
  if (!folder.ends_with('/')) return folder;
  const char* source = std::getenv("VARDE_SOURCE");
  std::vector<std::string> found;
  for (const auto& entry :
       std::filesystem::directory_iterator(std::filesystem::path(source ? source : ".") / "tests/mappings" / folder)) {
    const auto name = entry.path().filename().string();
    if (!name.ends_with(".xml")) continue;
    const auto text = read_fixture(folder + name);
    const auto status = mappings::read_message(text).status;
    if (status != "M" && status != "C") found.push_back(folder + name);
  }
  if (found.empty()) throw std::runtime_error("only changes and cancellations in " + folder);
  return *std::ranges::min_element(found);
}

std::string write(const Sent& sent) {
  const auto put = [](std::string text, const char* pattern, const std::string& with) {
    return std::regex_replace(text, std::regex(pattern), with, std::regex_constants::format_first_only);
  };
  auto xml = read_fixture(sent.fixture);
  constexpr std::string_view kEnd = "</ConversationRef>";
  if (const auto begin = xml.find("<ConversationRef>"); begin != xml.npos)
    xml.erase(begin, xml.find(kEnd) + kEnd.size() - begin);
  std::string reference;
  if (!sent.about.empty())
    reference = fmt::format(
        "<ConversationRef><RefToParent>{}</RefToParent><RefToConversation>{}</RefToConversation></ConversationRef>",
        uuid(sent.about.front()), uuid(sent.about.back()));
  xml = put(std::move(xml), "<MsgId>[^<]*</MsgId>", "<MsgId>" + uuid(sent.n) + "</MsgId>" + reference);
  xml =
      put(std::move(xml), "<GenDate>[^<]*</GenDate>", fmt::format("<GenDate>2026-06-14T10:{:02}:00</GenDate>", sent.n));
  xml = put(std::move(xml), "<Forsendelsesstatus V=\"[A-Z]\"", "<Forsendelsesstatus V=\"" + sent.status + "\"");
  if (!sent.content.empty())
    xml = put(std::move(xml), "<TypeInnhold V=\"[0-9]\"", "<TypeInnhold V=\"" + sent.content + "\"");
  if (!sent.patient.family.empty()) {
    const auto ours = fixture_patient();
    xml = replaced(std::move(xml), ours.family, sent.patient.family);
    xml = replaced(std::move(xml), ours.given, sent.patient.given);
    xml = replaced(std::move(xml), ours.birth_date, sent.patient.birth_date);
    xml = replaced(std::move(xml), ours.number, sent.patient.number);
  }
  return xml;
}

demo::Person fixture_patient() { return {"Blåbær", "Kari Åse", "02884229971", "1942-08-02", "2"}; }

std::string replaced(std::string text, std::string_view what, std::string_view with) {
  const auto at = text.find(what);
  if (at == text.npos) throw std::logic_error("not in the text: " + std::string(what));
  return text.replace(at, what.size(), with);
}

}  // namespace varde::messaging::test
