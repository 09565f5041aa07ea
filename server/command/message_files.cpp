#include "server/command/message_files.h"

#include <algorithm>
#include <fstream>
#include <iterator>
#include <set>

#include "server/access/digest.h"
#include "server/command/room_settings.h"
#include "server/messaging/refused.h"
#include "server/storage/erasure.h"
#include "server/storage/messages.h"

namespace varde::command {
namespace {

namespace fs = std::filesystem;

std::string text_of(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

}  // namespace

MessageFiles message_files(const Config& config, const interaction::View& view, storage::PatientKey patient,
                           const std::vector<std::int64_t>& refused) {
  MessageFiles out;
  const fs::path root = folder_options(config).root;
  if (!fs::exists(root)) return out;
  std::set<std::string> digests;
  storage::erasure::each_message(view, patient, [&](std::string_view bytes) { digests.insert(access::sha256(bytes)); });
  for (const auto id : refused)
    if (const auto row = storage::inbox::get(view, id)) digests.insert(access::sha256(row->bytes));
  const auto numbers = messaging::identity_numbers(view, patient);
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
