// Decodes, resizes and attacks, for test_images.py.
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <random>
#include <string>
#include <vector>

#include "arhat/image/decode.hpp"
#include "arhat/image/resize.hpp"
#include "arhat/npy.hpp"

namespace {

using arhat::Bytes;

void save(const arhat::Image& image, const std::string& path) {
  arhat::OutputFile file(path);
  const int32_t head[3] = {image.height, image.width, image.channels};
  file.write(head, sizeof head);
  file.write(image.pixels.data(), image.pixels.size());
  file.finish();
}

// Everything that reads a file of a stranger; true if it was taken for good.
bool read_any(const Bytes& file) {
  try {
    if (arhat::is_image(file)) {
      arhat::decode_image(file);
    } else if (file.size() > 1 && file[0] == 'P') {
      const arhat::NpzFile npz(file);
      for (const std::string& name : npz.names()) npz.read(name);
    } else {
      arhat::parse_npy(arhat::Reader(file));
    }
    return true;
  } catch (const arhat::InputError&) {
    return false;
  }
}

// PNG and zip have checksums, behind which no damage gets: with these made good, it does.
void mend_png(Bytes& file) {
  for (size_t at = 8; at + 12 <= file.size();) {
    const size_t length = size_t{file[at]} << 24 | size_t{file[at + 1]} << 16 | size_t{file[at + 2]} << 8 | file[at + 3];
    if (length > file.size() - at - 12) return;
    const uint32_t crc = arhat::crc32(file.data() + at + 4, length + 4);
    for (size_t i = 0; i < 4; ++i) file[at + 8 + length + i] = static_cast<uint8_t>(crc >> (24 - 8 * i));
    at += 12 + length;
  }
}

int fuzz(size_t runs, uint32_t seed, const std::vector<std::string>& paths) {
  std::vector<Bytes> seeds;
  for (const std::string& path : paths) seeds.push_back(arhat::read_file(path));
  for (size_t i = 0; i < seeds.size(); ++i) {
    if (read_any(seeds[i])) continue;
    std::printf("'%s' is not valid to begin with\n", paths[i].c_str());
    return 1;
  }
  std::mt19937 random(seed);
  const auto below = [&](size_t n) { return n == 0 ? 0 : random() % n; };
  size_t accepted = 0;
  for (size_t run = 0; run < runs; ++run) {
    Bytes file = seeds[below(seeds.size())];
    const bool png = arhat::is_png(file);
    for (size_t change = 0; change <= below(4); ++change) {
      const size_t at = below(random() % 2 != 0 ? file.size() : std::min<size_t>(file.size(), 256));
      const uint32_t kind = random() % 6;
      if (file.empty()) break;
      if (kind == 0) {
        file.resize(at);
      } else if (kind == 1) {
        file[at] = static_cast<uint8_t>(file[at] ^ 1u << random() % 8);
      } else if (kind == 2) {
        file[at] = random() % 2 != 0 ? 0xff : 0;
      } else if (kind == 3) {
        file.insert(file.begin() + static_cast<long>(at), below(8) + 1, static_cast<uint8_t>(random()));
      } else if (kind == 4) {
        file.erase(file.begin() + static_cast<long>(at),
                   file.begin() + static_cast<long>(std::min(file.size(), at + below(8) + 1)));
      } else {
        file[at] = static_cast<uint8_t>(random());
      }
    }
    if (png && random() % 4 != 0) mend_png(file);
    accepted += read_any(file);
  }
  std::printf("%zu\n", accepted);
  return 0;
}

// Every prefix of the file is refused.
int truncate(const std::string& path) {
  const Bytes whole = arhat::read_file(path);
  for (size_t length = 0; length < whole.size(); ++length) {
    if (read_any(Bytes(whole.begin(), whole.begin() + static_cast<long>(length)))) {
      std::printf("accepted the first %zu bytes of %zu\n", length, whole.size());
      return 1;
    }
  }
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  const std::vector<std::string> args(argv + 1, argv + argc);
  try {
    if (args.size() == 3 && args[0] == "decode") {
      save(arhat::decode_image(arhat::read_file(args[1])), args[2]);
    } else if (args.size() == 5 && args[0] == "resize") {
      const arhat::Image image = arhat::decode_image(arhat::read_file(args[1]));
      save(arhat::resize(image, std::atoi(args[3].c_str()), std::atoi(args[4].c_str())), args[2]);
    } else if (args.size() > 3 && args[0] == "fuzz") {
      return fuzz(static_cast<size_t>(std::atol(args[1].c_str())), static_cast<uint32_t>(std::atoi(args[2].c_str())),
                  std::vector<std::string>(args.begin() + 3, args.end()));
    } else if (args.size() == 2 && args[0] == "truncate") {
      return truncate(args[1]);
    } else {
      return 2;
    }
  } catch (const arhat::InputError& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
  }
  return 0;
}
