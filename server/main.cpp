// varde: see server/command/command.cpp for the commands, server/command/serve.cpp for how the rooms are wired.
#include <string>
#include <vector>

#include "server/command/command.h"

int main(int argc, char** argv) {
  const std::vector<std::string> words(argv + 1, argv + argc);
  return varde::command::run(words);
}
