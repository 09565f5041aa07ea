#include "server/command/message_files.h"

#include <algorithm>
#include <fstream>
#include <iterator>
#include <set>

#include "server/access/digest.h"
#include "server/command/room_settings.h"
#include "server/storage/erasure.h"

namespace varde::command {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kDigits = 11;  // of an identity number

bool is_identity_number(std::string_view text) {
  return text.size() == kDigits && text.find_first_not_of("0123456789") == text.npos;
}

/// That the Patient says now.
std::vector<std::string> identity_numbers(const interaction::View& view, storage::PatientKey patient) {
  std::vector<std::string> out;
  const auto tree = view.tree(fhir::find_type("Patient"), view.patient_id(patient));
  if (!tree) return out;
  for (const auto identifier : tree->root().each("identifier"))
    if (const auto value = identifier["value"].value(); is_identity_number(value)) out.emplace_back(value);
  return out;
}

std::string text_of(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

}  // namespace

MessageFiles message_files(const Config& config, const interaction::View& view, storage::PatientKey patient) {
  MessageFiles out;
  const fs::path root = folder_options(config).root;
  if (!fs::exists(root)) return out;
  std::set<std::string> digests;
  storage::erasure::each_message(view, patient, [&](std::string_view bytes) { digests.insert(access::sha256(bytes)); });
  const auto numbers = identity_numbers(view, patient);
  for (const char* const folder : {"inbound", "outbound", "archive", "refused"}) {
    std::error_code absent;
    for (const auto& entry : fs::directory_iterator(root / folder, absent)) {
      if (!entry.is_regular_file()) continue;
      const std::string text = text_of(entry.path());
      if (digests.contains(access::sha256(text)))
        out.own.push_back(entry.path());
      else if (std::any_of(numbers.begin(), numbers.end(),
                           [&](const std::string& number) { return text.find(number) != text.npos; }))
        out.naming.push_back(entry.path());
    }
  }
  std::sort(out.own.begin(), out.own.end()), std::sort(out.naming.begin(), out.naming.end());
  return out;
}

void remove_files(const MessageFiles& files) {
  for (const auto& file : files.own) fs::remove(file);
}

}  // namespace varde::command
