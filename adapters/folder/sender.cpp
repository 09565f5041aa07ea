#include <algorithm>
#include <cctype>
#include <cstdio>
#include <cstring>

#include <fmt/format.h>

#include "adapters/folder/descriptor.h"
#include "adapters/folder/folder.h"

namespace varde::adapters {
namespace fs = std::filesystem;
namespace {

/// Ids come from messages: only what cannot leave the folder or hide in it.
bool is_file_stem(std::string_view id) {
  return !id.empty() && id.size() <= 64 &&
         std::all_of(id.begin(), id.end(), [](unsigned char c) { return std::isalnum(c) || c == '-' || c == '_'; });
}

tl::unexpected<Failure> not_now(std::string_view step) {
  return fail(Fault::busy, fmt::format("outbound folder: {} failed: {}", step, std::strerror(errno)));
}

}  // namespace

FolderSender::FolderSender(const FolderOptions& options) : outbound_(options.root / "outbound") {
  for (const auto& folder : {options.root, outbound_}) make_private(folder);
}

Result<TransportReceipt> FolderSender::send(const Outgoing& message) {
  if (!is_file_stem(message.message_id))
    return fail(Fault::parameter_malformed, "a message id must be letters, digits, '-' and '_' to name a file");
  // Whoever carries it on reads there to whom.
  const auto stem = message.to_copy_receiver ? message.message_id + "-" + message.receiver_her_id : message.message_id;
  if (!is_file_stem(stem)) return fail(Fault::parameter_malformed, "a HER-id must be digits to name a file");
  const bool is_json = message.bytes.starts_with('{');  // a document; every message is XML
  const fs::path whole = outbound_ / (stem + (is_json ? ".json" : ".xml"));
  const fs::path partial = outbound_ / ("." + stem + ".tmp");
  {
    Descriptor descriptor(::open(partial.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600));
    if (!descriptor) return not_now("open");
    if (!write_all(descriptor.get(), message.bytes)) return not_now("write");
    if (::fsync(descriptor.get()) != 0) return not_now("sync");
    if (::close(descriptor.release()) != 0) return not_now("close");
  }
  if (std::rename(partial.c_str(), whole.c_str()) != 0) return not_now("rename");
  if (!sync_folder(outbound_)) return not_now("sync of the folder");
  return TransportReceipt{whole.filename().string()};
}

}  // namespace varde::adapters
