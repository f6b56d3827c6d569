// What the runtime for CUDA does on the host: where buffers lie, captures that are kept, shapes of products, the file of
// plans. Prints what went wrong; the exit status is the number of failures.
#include <cstdio>
#include <fstream>
#include <iterator>
#include <string>

#include "arhat/cuda/buffers.hpp"
#include "arhat/cuda/plans.hpp"
#include "arhat/cuda/product_shape.hpp"

using namespace arhat;

int failures = 0;
#define CHECK(condition) \
  if (!(condition)) std::printf("line %d: %s\n", __LINE__, #condition), ++failures

void buffers() {
  CHECK(access_of(MemoryKind::host, 64) == Access::staged);
  CHECK(access_of(MemoryKind::pinned, 64) == Access::pinned);
  CHECK(access_of(MemoryKind::device, 64) == Access::in_place);
  CHECK(access_of(MemoryKind::device, 72) == Access::copied);

  CaptureKey one, two;
  one.add(Access::staged, 64);
  two.add(Access::staged, 128);
  CHECK(one == two);  // staged buffers of the caller are not in the captured graph
  one.add(Access::in_place, 64);
  two.add(Access::in_place, 128);
  CHECK(!(one == two));
  CaptureKey pinned, copied;
  pinned.add(Access::pinned, 64);
  copied.add(Access::copied, 64);
  CHECK(!(pinned == copied));
  CaptureKey first;
  first.fresh = true;
  CHECK(!(first == CaptureKey{}));
}

void recently_used() {
  RecentlyUsed<int, int> cache(2);
  cache.at(1) = 10;
  cache.at(2) = 20;
  CHECK(cache.at(1) == 10);  // now 2 is the oldest
  CHECK(cache.at(3) == 0);
  CHECK(cache.size() == 2);
  CHECK(cache.at(1) == 10);
  CHECK(cache.at(2) == 0);  // forgotten
}

void products() {
  const ProductShape plain = product_shape({2, {3, 5}}, {2, {5, 7}}, {2, {3, 7}}, false, false);
  CHECK(plain.valid && plain.m == 3 && plain.n == 7 && plain.k == 5 && plain.batch == 1 && plain.offsets.size() == 1);

  // The same b for all: one product with more rows.
  const ProductShape rows = product_shape({4, {2, 4, 3, 5}}, {2, {5, 7}}, {4, {2, 4, 3, 7}}, false, false);
  CHECK(rows.valid && rows.m == 24 && rows.batch == 1 && rows.offsets.size() == 1);
  // Not where a is transposed: its rows do not follow each other.
  const ProductShape turned = product_shape({3, {4, 5, 3}}, {2, {5, 7}}, {3, {4, 3, 7}}, true, false);
  CHECK(turned.valid && turned.m == 3 && turned.k == 5 && turned.batch == 4 && turned.a_stride == 15 && turned.b_stride == 0);

  const ProductShape both = product_shape({4, {2, 4, 3, 5}}, {4, {2, 4, 7, 5}}, {4, {2, 4, 3, 7}}, false, true);
  CHECK(both.valid && both.batch == 8 && both.a_stride == 15 && both.b_stride == 35 && both.y_stride == 21);
  CHECK(both.offsets.size() == 1);

  // a[2,1] against b[1,4]: the inner axis is the batch, the outer one is counted through.
  const ProductShape crossed = product_shape({4, {2, 1, 3, 5}}, {4, {1, 4, 5, 7}}, {4, {2, 4, 3, 7}}, false, false);
  CHECK(crossed.valid && crossed.batch == 4 && crossed.a_stride == 0 && crossed.b_stride == 35 && crossed.y_stride == 21);
  CHECK(crossed.offsets.size() == 2);
  CHECK(crossed.offsets[1].a == 15 && crossed.offsets[1].b == 0 && crossed.offsets[1].y == 84);

  CHECK(!product_shape({2, {3, 5}}, {2, {6, 7}}, {2, {3, 7}}, false, false).valid);
  CHECK(!product_shape({3, {2, 3, 5}}, {3, {3, 5, 7}}, {3, {3, 3, 7}}, false, false).valid);
  CHECK(!product_shape({1, {5}}, {2, {5, 7}}, {1, {7}}, false, false).valid);

  CHECK(common_alignment(16, {0, 64, 8}) == 8);
  CHECK(common_alignment(16, {0}) == 16);
  CHECK(common_alignment(16, {28}) == 4);
}

std::string read(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return std::string(std::istreambuf_iterator<char>(file), {});
}

void plans(const std::string& path) {
  const std::string json = "{\n \"lines\": 2}";
  {
    PlanFile file(path.c_str(), 92400, "device");
    CHECK(file.find("a") == nullptr);
    file.save();
    CHECK(read(path).empty());  // nothing new, no file
    file.put("a", {"eng1_k2=3", json});
    file.put("b", {"eng4", ""});
    file.save();
  }
  const std::string text = read(path);
  {
    PlanFile file(path.c_str(), 92400, "device");
    CHECK(file.find("a") != nullptr && file.find("a")->name == "eng1_k2=3" && file.find("a")->json == json);
    CHECK(file.find("b") != nullptr && file.find("b")->json.empty());
  }
  CHECK(PlanFile(path.c_str(), 92500, "device").find("a") == nullptr);
  CHECK(PlanFile(path.c_str(), 92400, "another").find("a") == nullptr);
  // Whatever is cut off: entries before it are whole, the rest is not there.
  for (size_t length = 0; length < text.size(); ++length) {
    std::ofstream(path, std::ios::binary) << text.substr(0, length);
    const PlanFile file(path.c_str(), 92400, "device");
    CHECK(file.find("a") == nullptr || file.find("a")->json == json);
  }
  std::ofstream(path, std::ios::binary) << text.substr(0, text.find('\n') + 1) << "a eng1 99999999999999999999\n{}\n";
  CHECK(PlanFile(path.c_str(), 92400, "device").find("a") == nullptr);

  PlanFile nowhere("/no/such/folder/plans", 92400, "device");
  nowhere.put("a", {"eng1", "{}"});
  try {
    nowhere.save();
    CHECK(false);
  } catch (const Failure& failure) {
    CHECK(failure.status == ARHAT_IO_ERROR && failure.text.find("/no/such/folder/plans") != std::string::npos);
  }
  PlanFile none(nullptr, 92400, "");
  none.put("a", {"eng1", "{}"});
  none.save();
  CHECK(none.find("a") == nullptr);
}

int main(int, char** arguments) {
  buffers();
  recently_used();
  products();
  plans(arguments[1]);
  CHECK(layers_text("a\nb\x1b") == "a, b?");
  CHECK(layers_text(std::string(5000, 'x').c_str()).size() < 300);
  return failures;
}
