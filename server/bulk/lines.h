#pragma once
/// @file server/bulk/lines.h
/// A file as lines, plain or packed by gzip, read piece by piece.
/// Units: bytes of the file as it lies. Faults: throws std::filesystem::filesystem_error with the file's name where it
///        cannot be opened, std::runtime_error where it cannot be read to its end or is damaged.
#include <zlib.h>

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

namespace varde::bulk {

class Lines {
 public:
  /// `longest`: of a line; what is longer is cut there, and says so.
  Lines(const std::filesystem::path& file, std::size_t longest);

  /// False at the end. A last line without its end is a line.
  bool next();
  const std::string& line() const { return line_; }
  bool is_too_long() const { return too_long_; }
  std::uint64_t number() const { return number_; }  ///< of the line, from 1
  std::uint64_t bytes_read() const;

 private:
  bool fill();
  struct Close {
    void operator()(gzFile file) const { gzclose(file); }
  };
  std::filesystem::path path_;
  std::unique_ptr<gzFile_s, Close> file_;
  std::size_t longest_;
  std::vector<char> buffer_;
  std::size_t at_ = 0, end_ = 0;
  std::string line_;
  bool too_long_ = false;
  std::uint64_t number_ = 0;
};

/// The whole file. Faults: as above; too long: std::runtime_error.
std::string whole_text(const std::filesystem::path& file, std::size_t longest);

}  // namespace varde::bulk
