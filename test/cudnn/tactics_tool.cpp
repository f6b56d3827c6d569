// What needs neither cuDNN nor a GPU, for tests:
//
//     tactics_tool read FILE CUDNN DEVICE SM   the file's tactics as they are written again, then the notes
//     tactics_tool name TEXT                   the name of a plan as it is written again, or nothing
//     tactics_tool condense < TEXT             what is left of an account of cuDNN's
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <iostream>
#include <iterator>
#include <stdexcept>
#include <string>
#include <vector>

#include "arhat/cudnn/reason.hpp"
#include "arhat/cudnn/tactics_file.hpp"

using namespace arhat::cudnn;

int main(int argc, char** argv) {
  const std::string command = argc > 1 ? argv[1] : "";
  try {
    if (command == "read" && argc == 6) {
      Tactics tactics({argv[3], argv[4], std::atoi(argv[5])});
      std::vector<std::string> notes;
      tactics.read_file(argv[2], notes);
      std::fputs(tactics.text().c_str(), stdout);
      for (const std::string& note : notes) std::printf("note: %s\n", note.c_str());
    } else if (command == "name" && argc == 3) {
      PlanName name;
      if (PlanName::parse(argv[2], name)) std::puts(name.text().c_str());
    } else if (command == "condense") {
      std::puts(condense(std::string(std::istreambuf_iterator<char>(std::cin), {})).c_str());
    } else {
      return 2;
    }
  } catch (const std::runtime_error& error) {
    std::printf("error: %s\n", error.what());
    return 1;
  }
  return 0;
}
