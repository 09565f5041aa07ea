#pragma once
/// @file adapters/folder/folder.h
/// Messages as files: a watched inbound folder and an outbound folder, shared with a message server (EDI, ebXML) or an
/// EPJ.
///
/// Inbound, `*.xml` (any case); names that start with '.' are somebody's unfinished work and never touched.
///   taken     only when whole: nobody has it open for writing or locked, size and time stand still for `settle`, and
///             the text ends with the end tag of the element it begins with (a file renamed into the folder is taken
///             at once). What lacks its end is somebody's slow work until it has stood still for `patience`.
///   accepted  -> archive/<time>-<name>, mode 0600, after the gateway stored it durably
///   refused   -> refused/<time>-<name>: larger than `largest`, or not a regular file; told to `on_refused`
///   not now   (the gateway is busy) -> stays where it is
/// A crash between storing and moving hands the same file over again; the gateway recognises the MsgId.
/// Outbound: written under a temporary name, synced, renamed to <MsgId>.xml, folder synced. A repeated send replaces
/// the same name, so a receiver never sees half a file nor two of them.
#include <chrono>
#include <filesystem>
#include <functional>
#include <map>
#include <set>
#include <string>

#include "adapters/transport.h"

struct stat;

namespace varde::adapters {

struct Refusal {
  std::string source;  ///< the file's name
  std::string reason;  ///< English sentence, no content of the file
};

struct FolderOptions {
  std::filesystem::path root;       ///< holds inbound, outbound, archive, refused; made when absent, mode 0700
  std::size_t largest = 35u << 20;  ///< bytes of one message (NHN EDI 2.0 carries 35 MB)
  std::chrono::milliseconds settle{1'000};
  std::chrono::milliseconds patience{300'000};
  std::size_t at_once = 500;  ///< files handed over per poll
  std::function<void(const Refusal&)> on_refused = [](const Refusal&) {};
  std::function<std::chrono::steady_clock::time_point()> clock = std::chrono::steady_clock::now;
};

class FolderReceiver final : public Receiver {
 public:
  explicit FolderReceiver(FolderOptions options);
  std::size_t poll(const std::function<bool(const Incoming&)>& accept) override;

 private:
  struct Seen {
    std::uintmax_t size;
    std::int64_t changed_ns;
    std::chrono::steady_clock::time_point since;
    bool lacks_end = false;  ///< it was read and its end tag was not there yet
  };
  Seen& observe(const std::filesystem::path& file, const struct stat& status);
  std::chrono::nanoseconds still_for(const Seen& seen) const;
  void put_away(const std::filesystem::path& file, const std::filesystem::path& folder);
  void refuse(const std::filesystem::path& file, std::string reason);

  FolderOptions options_;
  std::filesystem::path inbound_, archive_, refused_;
  std::map<std::string, Seen> seen_;  ///< files that were not whole at the last poll
  std::set<std::string> stuck_;       ///< handled, but the folder would not let go of them: never handed over again
};

class FolderSender final : public Sender {
 public:
  explicit FolderSender(const FolderOptions& options);
  /// The receipt is the file's name. Faults: busy (the folder cannot be written now), parameter_malformed (an id that
  /// cannot be a file's name).
  Result<TransportReceipt> send(const Outgoing& message) override;

 private:
  std::filesystem::path outbound_;
};

}  // namespace varde::adapters
