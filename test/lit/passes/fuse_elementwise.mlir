// RUN: arhat-opt %s -p fuse-elementwise | filecheck %s

// A chain becomes one op, with the layers of all of it in order.
// CHECK-LABEL: func.func @chain
// CHECK-NEXT: [[Y:%.*]] = kernel.elementwise(%x, %b) attributes {arhat.layers = [#arhat.layer<"add", 1>, #arhat.layer<"relu", 2>, #arhat.layer<"scale", 3>]} {
// CHECK-NEXT: ^bb0([[A:%.*]]: f32, [[B:%.*]]: f32):
// CHECK-NEXT:   [[S:%.*]] = arith.addf [[A]], [[B]] : f32
// CHECK-NEXT:   [[Z:%.*]] = arith.constant 0.000000e+00 : f32
// CHECK-NEXT:   [[R:%.*]] = arith.maximumf [[S]], [[Z]] : f32
// CHECK-NEXT:   [[P:%.*]] = arith.mulf [[R]], [[B]] : f32
// CHECK-NEXT:   kernel.yield [[P]] : f32
// CHECK-NEXT: } : (tensor<2x3xf32>, tensor<3xf32>) -> tensor<2x3xf32>
// CHECK-NEXT: func.return [[Y]]
func.func @chain(%x: tensor<2x3xf32>, %b: tensor<3xf32>) -> tensor<2x3xf32> {
  %0 = kernel.elementwise(%x, %b) attributes {arhat.layers = [#arhat.layer<"add", 1>]} {
  ^bb0(%p: f32, %q: f32):
    %s = arith.addf %p, %q : f32
    kernel.yield %s : f32
  } : (tensor<2x3xf32>, tensor<3xf32>) -> tensor<2x3xf32>
  %1 = kernel.elementwise(%0) attributes {arhat.layers = [#arhat.layer<"relu", 2>]} {
  ^bb0(%p: f32):
    %zero = arith.constant 0.0 : f32
    %m = arith.maximumf %p, %zero : f32
    kernel.yield %m : f32
  } : (tensor<2x3xf32>) -> tensor<2x3xf32>
  %2 = kernel.elementwise(%1, %b) attributes {arhat.layers = [#arhat.layer<"scale", 3>]} {
  ^bb0(%p: f32, %q: f32):
    %m = arith.mulf %p, %q : f32
    kernel.yield %m : f32
  } : (tensor<2x3xf32>, tensor<3xf32>) -> tensor<2x3xf32>
  func.return %2 : tensor<2x3xf32>
}

// Two users: the producer would be computed twice.
// CHECK-LABEL: func.func @two_users
// CHECK: kernel.elementwise(%x)
// CHECK: kernel.elementwise
// CHECK: func.return
func.func @two_users(%x: tensor<4xf32>) -> (tensor<4xf32>, tensor<4xf32>) {
  %0 = kernel.elementwise(%x) {
  ^bb0(%p: f32):
    %e = math.exp %p : f32
    kernel.yield %e : f32
  } : (tensor<4xf32>) -> tensor<4xf32>
  %1 = kernel.elementwise(%0) {
  ^bb0(%p: f32):
    %t = math.tanh %p : f32
    kernel.yield %t : f32
  } : (tensor<4xf32>) -> tensor<4xf32>
  func.return %0, %1 : tensor<4xf32>, tensor<4xf32>
}

// The same value twice in one user is one user.
// CHECK-LABEL: func.func @square
// CHECK-NEXT: kernel.elementwise(%x) {
// CHECK: math.exp
// CHECK-NEXT: arith.mulf
// CHECK-NOT: kernel.elementwise
// CHECK: func.return
func.func @square(%x: tensor<4xf32>) -> tensor<4xf32> {
  %0 = kernel.elementwise(%x) {
  ^bb0(%p: f32):
    %e = math.exp %p : f32
    kernel.yield %e : f32
  } : (tensor<4xf32>) -> tensor<4xf32>
  %1 = kernel.elementwise(%0, %0) {
  ^bb0(%p: f32, %q: f32):
    %m = arith.mulf %p, %q : f32
    kernel.yield %m : f32
  } : (tensor<4xf32>, tensor<4xf32>) -> tensor<4xf32>
  func.return %1 : tensor<4xf32>
}

// A smaller producer would be computed once per repetition.
// CHECK-LABEL: func.func @smaller
// CHECK: kernel.elementwise(%b)
// CHECK: kernel.elementwise(%x, %{{.*}})
// CHECK: func.return
func.func @smaller(%x: tensor<9x4xf32>, %b: tensor<4xf32>) -> tensor<9x4xf32> {
  %0 = kernel.elementwise(%b) {
  ^bb0(%p: f32):
    %e = math.exp %p : f32
    kernel.yield %e : f32
  } : (tensor<4xf32>) -> tensor<4xf32>
  %1 = kernel.elementwise(%x, %0) {
  ^bb0(%p: f32, %q: f32):
    %m = arith.mulf %p, %q : f32
    kernel.yield %m : f32
  } : (tensor<9x4xf32>, tensor<4xf32>) -> tensor<9x4xf32>
  func.return %1 : tensor<9x4xf32>
}
