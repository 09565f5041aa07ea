// varde demo: the story on a server of its own, in a directory that nobody else sees.
#include <cstdio>
#include <cstdlib>
#include <filesystem>

#include <fmt/format.h>

#include "server/command/command.h"
#include "server/command/config.h"
#include "server/command/instance.h"
#include "server/command/tell.h"
#include "server/demo/story.h"

namespace varde::command {
namespace {

namespace fs = std::filesystem;

struct Directory {
  fs::path path;
  bool keep;
  ~Directory() {
    std::error_code ignored;  // a leftover in the temporary directory harms nobody
    if (!keep) fs::remove_all(path, ignored);
  }
};

fs::path new_directory() {
  std::string pattern = (fs::temp_directory_path() / "varde-demo-XXXXXX").string();
  if (::mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("no temporary directory can be made");
  return pattern;
}

}  // namespace

int demo(const Arguments& arguments) {
  const Directory directory{new_directory(), arguments.has("--keep")};
  Config config;
  config.listen_port = 0;
  config.data = directory.path.string();
  Instance varde(config, [&](std::string_view line) {
    if (std::getenv("VARDE_DEMO_LOG")) tell("{}\n", line);
  });
  varde.start();
  fmt::print("Varde plays its story on {}, messages in {}\n\n", varde.base(), varde.messages_folder());
  demo::Story story(demo::Client(varde.base()), varde.messages_folder(),
                    {config.her_ids.front(), config.organisation, config.organisation_her_id, config.department},
                    [](std::string_view line) {
                      fmt::print("{}\n", line);
                      std::fflush(stdout);
                    });
  int status = kOk;
  try {
    story.play();
    fmt::print("\nEvery step held.\n");
  } catch (const std::exception& error) {
    fmt::print("\nNot every step held: {}\n", error.what());
    status = kProblems;
  }
  varde.stop();
  if (directory.keep) fmt::print("Kept: {}\n", directory.path.string());
  return status;
}

}  // namespace varde::command
