#pragma once
/// @file server/storage/sqlite/log_vfs.h
/// A file system of the engine for the connection that writes: what a commit appends to the write-ahead log goes out in
/// pieces of 64 KiB, where the engine by itself makes two calls a page.
///
/// What is held back is written before the log is synced, read, measured, cut or closed. The engine syncs the log
/// before it tells anybody of a commit's frames (synchronous = FULL, which that connection sets), so that no other
/// connection misses any, and what cannot be written fails the commit as it would have. Sources:
/// https://www.sqlite.org/vfs.html, https://www.sqlite.org/walformat.html

namespace varde::storage::sqlite {

/// Its name, for sqlite3_open_v2. Any thread.
const char* log_vfs();

}  // namespace varde::storage::sqlite
