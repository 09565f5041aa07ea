#pragma once
/// @file server/storage/sqlite/log_file.h
/// A look at the write-ahead log before the engine reads it. The engine takes the log up to the first frame whose
/// checksum fails and drops the rest without a word: right after a power cut, where the last transaction was never
/// acknowledged, and wrong where the disk has damaged what was.
/// Source: https://www.sqlite.org/fileformat2.html#the_write_ahead_log
#include <cstdint>
#include <filesystem>

namespace varde::storage::sqlite {

enum class LogState : std::uint8_t {
  whole,    ///< absent, empty, or good to its end
  torn,     ///< its last transaction is not whole: a power cut while it was written, or damage to it
  damaged,  ///< a frame is bad and later transactions follow: those were acknowledged
};

LogState state_of_log(const std::filesystem::path& file);

}  // namespace varde::storage::sqlite
