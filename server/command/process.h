#pragma once
/// @file server/command/process.h
/// What a serving process settles with its operating system: which signals stop it, and how memory goes back.
#include <csignal>
#include <cstddef>

namespace varde::command {

/// The signals that stop us, and the one that has certificates read again (SIGHUP), are waited for, not handled:
/// threads started after this do not get them. A terminal that closes (SIGHUP, too), a broken pipe and a limit on the
/// size of files end nothing: the last shows as an error of the write. As many files and connections may be open as the
/// system grants. A crash leaves no core file: it would hold patients' data.
sigset_t prepare_process();

/// How many connections may be open, so that the files of the store find room beside them.
std::size_t descriptors_for_connections();

/// Gives free memory back to the system when there is much of it.
void give_back_memory();

}  // namespace varde::command
