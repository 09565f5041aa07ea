#include "server/storage/sqlite/log_file.h"

#include <array>
#include <bit>
#include <fstream>
#include <optional>
#include <span>
#include <vector>

namespace varde::storage::sqlite {
namespace {

using Bytes = std::span<const unsigned char>;

constexpr std::size_t kHeader = 32, kFrameHeader = 24;
constexpr std::uint32_t kMagic = 0x377F0682;  // the lowest bit: checksums over big-endian words

std::uint32_t big(Bytes at) {
  return std::uint32_t{at[0]} << 24 | std::uint32_t{at[1]} << 16 | std::uint32_t{at[2]} << 8 | std::uint32_t{at[3]};
}
std::uint32_t little(Bytes at) {
  return std::uint32_t{at[3]} << 24 | std::uint32_t{at[2]} << 16 | std::uint32_t{at[1]} << 8 | std::uint32_t{at[0]};
}

struct Checksum {
  std::uint32_t first = 0, second = 0;
  bool operator==(const Checksum&) const = default;
  void add(Bytes bytes, bool big_endian) {
    for (std::size_t i = 0; i + 8 <= bytes.size(); i += 8) {
      first += (big_endian ? big(bytes.subspan(i)) : little(bytes.subspan(i))) + second;
      second += (big_endian ? big(bytes.subspan(i + 4)) : little(bytes.subspan(i + 4))) + first;
    }
  }
};

struct Frame {
  bool of_this_log = false;  ///< its salts are the log's: no leftover of an earlier round
  bool follows = false;      ///< its checksum fits what the frame before it says of itself
  bool commits = false;
};

class Log {
 public:
  explicit Log(const std::filesystem::path& file) : in_(file, std::ios::binary) {
    in_.read(reinterpret_cast<char*>(header_.data()), kHeader);
    has_header_ = static_cast<std::size_t>(in_.gcount()) == kHeader;
    if (!has_header_) return;
    const Bytes header(header_);
    big_endian_ = (big(header) & 1) != 0;
    sum_.add(header.first(24), big_endian_);
    const std::uint32_t page = big(header.subspan(8));
    sound_ = (big(header) & ~1u) == kMagic && sum_ == stored(header.subspan(24)) && page >= 512 && page <= 65536 &&
             std::has_single_bit(page);
    frame_.resize(kFrameHeader + page * std::size_t{sound_});
  }
  bool has_header() const { return has_header_; }
  bool is_sound() const { return sound_; }

  /// nullopt at the end; a piece of a frame is the end.
  std::optional<Frame> next() {
    in_.read(reinterpret_cast<char*>(frame_.data()), static_cast<std::streamsize>(frame_.size()));
    if (static_cast<std::size_t>(in_.gcount()) != frame_.size()) return std::nullopt;
    const Bytes frame(frame_);
    sum_.add(frame.first(8), big_endian_);
    sum_.add(frame.subspan(kFrameHeader), big_endian_);
    const Checksum says = stored(frame.subspan(16));
    const Bytes salts = Bytes(header_).subspan(16, 8);
    Frame out;
    out.of_this_log = std::equal(salts.begin(), salts.end(), frame.begin() + 8);
    out.follows = out.of_this_log && sum_ == says && big(frame) != 0;
    out.commits = out.of_this_log && big(frame.subspan(4)) != 0;
    sum_ = says;  // the next one is held to what this one says, so that one bad frame is one bad frame
    return out;
  }

 private:
  static Checksum stored(Bytes at) { return {big(at), big(at.subspan(4))}; }

  std::ifstream in_;
  std::array<unsigned char, kHeader> header_{};
  std::vector<unsigned char> frame_;
  Checksum sum_;
  bool has_header_ = false, sound_ = false, big_endian_ = false;
};

}  // namespace

LogState state_of_log(const std::filesystem::path& file) {
  Log log(file);
  if (!log.has_header()) return LogState::whole;
  if (!log.is_sound()) return LogState::damaged;
  bool bad = false, torn = false, committed_before = false;
  while (const auto frame = log.next()) {
    // Every commit is synced before the next transaction's first frame is written: a transaction after a bad frame's
    // commit shows that this commit was acknowledged.
    if (bad && committed_before && frame->follows) return LogState::damaged;
    bad = bad || !frame->follows;
    torn = torn || (bad && frame->commits);
    committed_before = bad && frame->commits;
  }
  return torn ? LogState::torn : LogState::whole;
}

}  // namespace varde::storage::sqlite
