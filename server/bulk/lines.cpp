#include "server/bulk/lines.h"

#include <cerrno>
#include <cstring>
#include <stdexcept>
#include <system_error>

namespace varde::bulk {

namespace fs = std::filesystem;

namespace {
constexpr std::size_t kBuffer = std::size_t{1} << 18;
}

Lines::Lines(const fs::path& file, std::size_t longest) : path_(file), longest_(longest), buffer_(kBuffer) {
  if (fs::is_directory(file))
    throw fs::filesystem_error("is a folder", file, std::make_error_code(std::errc::is_a_directory));
  file_.reset(gzopen(file.c_str(), "rbe"));
  if (!file_) throw fs::filesystem_error("cannot be opened", file, std::error_code(errno, std::generic_category()));
  gzbuffer(file_.get(), kBuffer);
}

bool Lines::fill() {
  const int got = gzread(file_.get(), buffer_.data(), static_cast<unsigned>(buffer_.size()));
  int problem = Z_OK;
  const char* what = gzerror(file_.get(), &problem);
  // A packed file that was cut off gives what there is, and says so at its end.
  if (got < 0 || (problem != Z_OK && problem != Z_STREAM_END))
    throw std::runtime_error(path_.string() +
                             " cannot be read to its end: " + (problem == Z_ERRNO ? std::strerror(errno) : what));
  at_ = 0, end_ = static_cast<std::size_t>(got);
  return got > 0;
}

bool Lines::next() {
  line_.clear();
  too_long_ = false;
  bool any = false;
  while (at_ < end_ || fill()) {
    any = true;
    const char* begin = buffer_.data() + at_;
    const auto* newline = static_cast<const char*>(std::memchr(begin, '\n', end_ - at_));
    const std::size_t size = newline ? static_cast<std::size_t>(newline - begin) : end_ - at_;
    if (line_.size() + size > longest_)
      too_long_ = true;
    else
      line_.append(begin, size);
    at_ += size + (newline ? 1 : 0);
    if (newline) break;
  }
  if (!any) return false;
  if (line_.ends_with('\r')) line_.pop_back();
  ++number_;
  return true;
}

std::uint64_t Lines::bytes_read() const { return static_cast<std::uint64_t>(gzoffset(file_.get())); }

std::string whole_text(const fs::path& file, std::size_t longest) {
  std::string text;
  Lines lines(file, longest);
  while (lines.next()) {
    if (lines.is_too_long() || text.size() + lines.line().size() > longest)
      throw std::runtime_error(file.string() + " is larger than " + std::to_string(longest) +
                               " bytes: send NDJSON, a resource a line");
    text.append(lines.line()).push_back('\n');
  }
  return text;
}

}  // namespace varde::bulk
