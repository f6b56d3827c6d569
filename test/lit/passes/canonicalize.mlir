// RUN: arhat-opt %s -p canonicalize | filecheck %s

// ---- Moving elements ----

// CHECK-LABEL: func.func @reshapes
// CHECK-NEXT: [[Y:%.*]] = arhat.reshape(%x) {shape = [6], arhat.layers = [#arhat.layer<"a", 1>, #arhat.layer<"b", 2>]} : (tensor<2x3xf32>) -> tensor<6xf32>
// CHECK-NEXT: func.return [[Y]]
func.func @reshapes(%x: tensor<2x3xf32>) -> tensor<6xf32> {
  %0 = arhat.reshape(%x) {shape = [3, 2], arhat.layers = [#arhat.layer<"a", 1>]} : (tensor<2x3xf32>) -> tensor<3x2xf32>
  %1 = arhat.reshape(%0) {shape = [6], arhat.layers = [#arhat.layer<"b", 2>]} : (tensor<3x2xf32>) -> tensor<6xf32>
  func.return %1 : tensor<6xf32>
}

// The layers of an op that does nothing go to the op whose result is its own.
// CHECK-LABEL: func.func @nothing
// CHECK-NEXT: [[Y:%.*]] = arhat.relu(%x) {arhat.layers = [#arhat.layer<"relu", 1>, #arhat.layer<"reshape", 2>, #arhat.layer<"transpose", 3>, #arhat.layer<"slice", 4>, #arhat.layer<"pad", 5>, #arhat.layer<"convert", 6>, #arhat.layer<"concat", 7>, #arhat.layer<"tile", 8>, #arhat.layer<"broadcast", 9>]}
// CHECK-NEXT: func.return [[Y]]
func.func @nothing(%x: tensor<2x3xf32>) -> tensor<2x3xf32> {
  %0 = arhat.relu(%x) {arhat.layers = [#arhat.layer<"relu", 1>]} : (tensor<2x3xf32>) -> tensor<2x3xf32>
  %1 = arhat.reshape(%0) {shape = [2, 3], arhat.layers = [#arhat.layer<"reshape", 2>]} : (tensor<2x3xf32>) -> tensor<2x3xf32>
  %2 = arhat.transpose(%1) {perm = [0, 1], arhat.layers = [#arhat.layer<"transpose", 3>]} : (tensor<2x3xf32>) -> tensor<2x3xf32>
  %3 = arhat.slice(%2) {starts = [0, 0], sizes = [2, 3], steps = [1, 1], arhat.layers = [#arhat.layer<"slice", 4>]} : (tensor<2x3xf32>) -> tensor<2x3xf32>
  %4 = arhat.pad(%3) {pads_begin = [0, 0], pads_end = [0, 0], mode = "edge", value = 0.0, arhat.layers = [#arhat.layer<"pad", 5>]} : (tensor<2x3xf32>) -> tensor<2x3xf32>
  %5 = arhat.convert(%4) {to = f32, arhat.layers = [#arhat.layer<"convert", 6>]} : (tensor<2x3xf32>) -> tensor<2x3xf32>
  %6 = arhat.concat(%5) {axis = 1, arhat.layers = [#arhat.layer<"concat", 7>]} : (tensor<2x3xf32>) -> tensor<2x3xf32>
  %7 = arhat.tile(%6) {repeats = [1, 1], arhat.layers = [#arhat.layer<"tile", 8>]} : (tensor<2x3xf32>) -> tensor<2x3xf32>
  %8 = arhat.broadcast(%7) {shape = [2, 3], arhat.layers = [#arhat.layer<"broadcast", 9>]} : (tensor<2x3xf32>) -> tensor<2x3xf32>
  func.return %8 : tensor<2x3xf32>
}

// An argument of the function carries no layers: those of the op that does nothing go to its users.
// CHECK-LABEL: func.func @nothing_on_argument
// CHECK-NEXT: arhat.relu(%x) {arhat.layers = [#arhat.layer<"convert", 1>, #arhat.layer<"relu", 2>]}
func.func @nothing_on_argument(%x: tensor<2x3xf32>) -> tensor<2x3xf32> {
  %0 = arhat.convert(%x) {to = f32, arhat.layers = [#arhat.layer<"convert", 1>]} : (tensor<2x3xf32>) -> tensor<2x3xf32>
  %1 = arhat.relu(%0) {arhat.layers = [#arhat.layer<"relu", 2>]} : (tensor<2x3xf32>) -> tensor<2x3xf32>
  func.return %1 : tensor<2x3xf32>
}

// A reversed slice and a conversion to another type are not nothing.
// CHECK-LABEL: func.func @something
// CHECK-NEXT: arhat.slice
// CHECK-NEXT: arhat.convert
func.func @something(%x: tensor<3xf32>) -> tensor<3xi32> {
  %0 = arhat.slice(%x) {starts = [2], sizes = [3], steps = [-1]} : (tensor<3xf32>) -> tensor<3xf32>
  %1 = arhat.convert(%0) {to = i32} : (tensor<3xf32>) -> tensor<3xi32>
  func.return %1 : tensor<3xi32>
}

// CHECK-LABEL: func.func @transposes
// CHECK-NEXT: [[Y:%.*]] = arhat.transpose(%x) {perm = [1, 2, 0]}
// CHECK-NEXT: func.return [[Y]]
func.func @transposes(%x: tensor<2x3x4xf32>) -> tensor<3x4x2xf32> {
  %0 = arhat.transpose(%x) {perm = [2, 0, 1]} : (tensor<2x3x4xf32>) -> tensor<4x2x3xf32>
  %1 = arhat.transpose(%0) {perm = [2, 0, 1]} : (tensor<4x2x3xf32>) -> tensor<3x4x2xf32>
  func.return %1 : tensor<3x4x2xf32>
}

// CHECK-LABEL: func.func @transpose_of_single_axes
// CHECK-NEXT: arhat.reshape(%x) {shape = [1, 5, 1, 4]}
func.func @transpose_of_single_axes(%x: tensor<1x1x5x4xf32>) -> tensor<1x5x1x4xf32> {
  %0 = arhat.transpose(%x) {perm = [0, 2, 1, 3]} : (tensor<1x1x5x4xf32>) -> tensor<1x5x1x4xf32>
  func.return %0 : tensor<1x5x1x4xf32>
}

// A resize between a transposition and its inverse works on the axes as they were.
// CHECK-LABEL: func.func @transposes_around
// CHECK-NEXT: arhat.interpolate(%x) {axes = [3, 2], sizes = [8, 6], {{.*}}pads_begin = [0, 1, 2, 3], pads_end = [0, 0, 0, 0], arhat.layers = [#arhat.layer<"in", 1>, #arhat.layer<"resize", 2>, #arhat.layer<"out", 3>]}
// CHECK-NEXT: func.return
func.func @transposes_around(%x: tensor<1x2x3x4xf32>) -> tensor<1x3x6x8xf32> {
  %0 = arhat.transpose(%x) {perm = [0, 2, 3, 1], arhat.layers = [#arhat.layer<"in", 1>]} : (tensor<1x2x3x4xf32>) -> tensor<1x3x4x2xf32>
  %1 = arhat.interpolate(%0) {axes = [2, 1], sizes = [8, 6], scales = [2.0, 2.0], mode = "nearest", coordinate_transformation = "asymmetric", nearest_mode = "floor", antialias = false, cube_coeff = -0.75, pads_begin = [0, 2, 3, 1], pads_end = [0, 0, 0, 0], arhat.layers = [#arhat.layer<"resize", 2>]} : (tensor<1x3x4x2xf32>) -> tensor<1x6x8x3xf32>
  %2 = arhat.transpose(%1) {perm = [0, 3, 1, 2], arhat.layers = [#arhat.layer<"out", 3>]} : (tensor<1x6x8x3xf32>) -> tensor<1x3x6x8xf32>
  func.return %2 : tensor<1x3x6x8xf32>
}

// The second transposition is not the inverse of the first.
// CHECK-LABEL: func.func @other_transposes_around
// CHECK-NEXT: arhat.transpose
// CHECK-NEXT: arhat.relu
// CHECK-NEXT: arhat.transpose
func.func @other_transposes_around(%x: tensor<2x3x4xf32>) -> tensor<4x3x2xf32> {
  %0 = arhat.transpose(%x) {perm = [1, 2, 0]} : (tensor<2x3x4xf32>) -> tensor<3x4x2xf32>
  %1 = arhat.relu(%0) : (tensor<3x4x2xf32>) -> tensor<3x4x2xf32>
  %2 = arhat.transpose(%1) {perm = [1, 0, 2]} : (tensor<3x4x2xf32>) -> tensor<4x3x2xf32>
  func.return %2 : tensor<4x3x2xf32>
}

// CHECK-LABEL: func.func @slices
// CHECK-NEXT: arhat.slice(%x) {starts = [7], sizes = [2], steps = [-4]}
// CHECK-NEXT: func.return
func.func @slices(%x: tensor<10xf32>) -> tensor<2xf32> {
  %0 = arhat.slice(%x) {starts = [9], sizes = [5], steps = [-2]} : (tensor<10xf32>) -> tensor<5xf32>
  %1 = arhat.slice(%0) {starts = [1], sizes = [2], steps = [2]} : (tensor<5xf32>) -> tensor<2xf32>
  func.return %1 : tensor<2xf32>
}

// CHECK-LABEL: func.func @single_elements
// CHECK-NEXT: arhat.reshape(%x) {shape = [1, 4, 2]}
// CHECK-NEXT: func.return
func.func @single_elements(%x: tensor<1x4x1x2xf32>) -> tensor<1x4x2xf32> {
  %0 = arhat.max_pool(%x) {kernel = [1, 1], strides = [1, 1], pads_begin = [0, 0], pads_end = [0, 0], dilations = [1, 1], rounding = "floor"} : (tensor<1x4x1x2xf32>) -> tensor<1x4x1x2xf32>
  %1 = arhat.interpolate(%0) {axes = [2, 3], sizes = [1, 2], scales = [1.0, 1.0], mode = "cubic", coordinate_transformation = "half_pixel", nearest_mode = "floor", antialias = false, cube_coeff = -0.75, pads_begin = [0, 0, 0, 0], pads_end = [0, 0, 0, 0]} : (tensor<1x4x1x2xf32>) -> tensor<1x4x1x2xf32>
  %2 = arhat.reduce_mean(%1) {axes = [2], keep_dims = false} : (tensor<1x4x1x2xf32>) -> tensor<1x4x2xf32>
  func.return %2 : tensor<1x4x2xf32>
}

// CHECK-LABEL: func.func @pad_into_convolution
// CHECK-NEXT: arhat.convolution(%x, %w) {strides = [2, 2], pads_begin = [0, 1], pads_end = [1, 2], dilations = [1, 1], groups = 1, arhat.layers = [#arhat.layer<"pad", 1>, #arhat.layer<"conv", 2>]}
// CHECK-NEXT: func.return
func.func @pad_into_convolution(%x: tensor<1x1x6x6xf32>, %w: tensor<1x1x3x3xf32>) -> tensor<1x1x3x4xf32> {
  %0 = arhat.pad(%x) {pads_begin = [0, 0, 0, 0], pads_end = [0, 0, 1, 1], mode = "constant", value = 0.0, arhat.layers = [#arhat.layer<"pad", 1>]} : (tensor<1x1x6x6xf32>) -> tensor<1x1x7x7xf32>
  %1 = arhat.convolution(%0, %w) {strides = [2, 2], pads_begin = [0, 1], pads_end = [0, 1], dilations = [1, 1], groups = 1, arhat.layers = [#arhat.layer<"conv", 2>]} : (tensor<1x1x7x7xf32>, tensor<1x1x3x3xf32>) -> tensor<1x1x3x4xf32>
  func.return %1 : tensor<1x1x3x4xf32>
}

// Padding with something else than zero, of channels, or of the edge is not the padding of a convolution.
// CHECK-LABEL: func.func @other_pads
// CHECK-COUNT-3: arhat.pad
func.func @other_pads(%x: tensor<1x1x6x6xf32>, %w: tensor<1x1x3x3xf32>, %v: tensor<1x2x3x3xf32>) -> (tensor<1x1x6x6xf32>, tensor<1x1x6x6xf32>, tensor<1x1x4x4xf32>) {
  %0 = arhat.pad(%x) {pads_begin = [0, 0, 1, 1], pads_end = [0, 0, 1, 1], mode = "constant", value = 1.0} : (tensor<1x1x6x6xf32>) -> tensor<1x1x8x8xf32>
  %1 = arhat.convolution(%0, %w) {strides = [1, 1], pads_begin = [0, 0], pads_end = [0, 0], dilations = [1, 1], groups = 1} : (tensor<1x1x8x8xf32>, tensor<1x1x3x3xf32>) -> tensor<1x1x6x6xf32>
  %2 = arhat.pad(%x) {pads_begin = [0, 0, 1, 1], pads_end = [0, 0, 1, 1], mode = "edge", value = 0.0} : (tensor<1x1x6x6xf32>) -> tensor<1x1x8x8xf32>
  %3 = arhat.convolution(%2, %w) {strides = [1, 1], pads_begin = [0, 0], pads_end = [0, 0], dilations = [1, 1], groups = 1} : (tensor<1x1x8x8xf32>, tensor<1x1x3x3xf32>) -> tensor<1x1x6x6xf32>
  %4 = arhat.pad(%x) {pads_begin = [0, 1, 0, 0], pads_end = [0, 0, 0, 0], mode = "constant", value = 0.0} : (tensor<1x1x6x6xf32>) -> tensor<1x2x6x6xf32>
  %5 = arhat.convolution(%4, %v) {strides = [1, 1], pads_begin = [0, 0], pads_end = [0, 0], dilations = [1, 1], groups = 1} : (tensor<1x2x6x6xf32>, tensor<1x2x3x3xf32>) -> tensor<1x1x4x4xf32>
  func.return %1, %3, %5 : tensor<1x1x6x6xf32>, tensor<1x1x6x6xf32>, tensor<1x1x4x4xf32>
}

// ---- Arithmetic ----

// CHECK-LABEL: func.func @neutral
// CHECK-NEXT: func.return %x
func.func @neutral(%x: tensor<2x3xf32>) -> tensor<2x3xf32> {
  %0 = arhat.constant() {value = dense<0.0> : tensor<f32>} : () -> tensor<f32>
  %1 = arhat.constant() {value = dense<1.0> : tensor<3xf32>} : () -> tensor<3xf32>
  %2 = arhat.add(%0, %x) : (tensor<f32>, tensor<2x3xf32>) -> tensor<2x3xf32>
  %3 = arhat.subtract(%2, %0) : (tensor<2x3xf32>, tensor<f32>) -> tensor<2x3xf32>
  %4 = arhat.multiply(%3, %1) : (tensor<2x3xf32>, tensor<3xf32>) -> tensor<2x3xf32>
  %5 = arhat.divide(%4, %1) {python_div = true} : (tensor<2x3xf32>, tensor<3xf32>) -> tensor<2x3xf32>
  func.return %5 : tensor<2x3xf32>
}

// An addition of zeros that broadcasts does something; so does subtraction from zero.
// CHECK-LABEL: func.func @not_neutral
// CHECK: arhat.add(%x
// CHECK: arhat.subtract({{%.*}}, %x)
func.func @not_neutral(%x: tensor<1x3xf32>) -> (tensor<2x3xf32>, tensor<1x3xf32>) {
  %0 = arhat.constant() {value = dense<0.0> : tensor<2x1xf32>} : () -> tensor<2x1xf32>
  %1 = arhat.constant() {value = dense<0.0> : tensor<f32>} : () -> tensor<f32>
  %2 = arhat.add(%x, %0) : (tensor<1x3xf32>, tensor<2x1xf32>) -> tensor<2x3xf32>
  %3 = arhat.subtract(%1, %x) : (tensor<f32>, tensor<1x3xf32>) -> tensor<1x3xf32>
  func.return %2, %3 : tensor<2x3xf32>, tensor<1x3xf32>
}

// A subtracted constant is added, a divisor multiplied with. The constants are left to fold-constants.
// CHECK-LABEL: func.func @steps
// CHECK: [[A:%.*]] = arhat.constant() {value = #arhat.weight<"model"::"a@0">
// CHECK: [[ONE:%.*]] = arhat.constant() {value = dense<1.000000e+00> : tensor<f32>, arhat.layers = [#arhat.layer<"a", 1>]}
// CHECK: [[R:%.*]] = arhat.divide([[ONE]], [[A]]) {python_div = true, arhat.layers = [#arhat.layer<"a", 1>]}
// CHECK: [[M:%.*]] = arhat.multiply(%x, [[R]]) {arhat.layers = [#arhat.layer<"div", 4>]}
// CHECK: [[N:%.*]] = arhat.negative([[A]]) {arhat.layers = [#arhat.layer<"a", 1>]}
// CHECK: arhat.add([[M]], [[N]]) {arhat.layers = [#arhat.layer<"sub", 5>]}
func.func @steps(%x: tensor<2x3xf32>) -> tensor<2x3xf32> {
  %a = arhat.constant() {value = #arhat.weight<"model"::"a@0">, arhat.layers = [#arhat.layer<"a", 1>]} : () -> tensor<3xf32>
  %0 = arhat.divide(%x, %a) {python_div = true, arhat.layers = [#arhat.layer<"div", 4>]} : (tensor<2x3xf32>, tensor<3xf32>) -> tensor<2x3xf32>
  %1 = arhat.subtract(%0, %a) {arhat.layers = [#arhat.layer<"sub", 5>]} : (tensor<2x3xf32>, tensor<3xf32>) -> tensor<2x3xf32>
  func.return %1 : tensor<2x3xf32>
}

// Two steps of a kind are one.
// CHECK-LABEL: func.func @chain
// CHECK: [[P:%.*]] = arhat.multiply({{%.*}}, {{%.*}}) {arhat.layers = [#arhat.layer<"a", 1>, #arhat.layer<"b", 2>]} : (tensor<3xf32>, tensor<1x3xf32>)
// CHECK: [[M:%.*]] = arhat.multiply(%x, [[P]]) {arhat.layers = [#arhat.layer<"mul", 3>, #arhat.layer<"mul2", 4>]}
// CHECK: [[S:%.*]] = arhat.add({{%.*}}, {{%.*}}) {{.*}} : (tensor<1x3xf32>, tensor<3xf32>)
// CHECK: arhat.add([[M]], [[S]]) {arhat.layers = [#arhat.layer<"add", 5>, #arhat.layer<"add2", 6>]}
func.func @chain(%x: tensor<2x3xf32>) -> tensor<2x3xf32> {
  %a = arhat.constant() {value = #arhat.weight<"model"::"a@0">, arhat.layers = [#arhat.layer<"a", 1>]} : () -> tensor<3xf32>
  %b = arhat.constant() {value = #arhat.weight<"model"::"b@12">, arhat.layers = [#arhat.layer<"b", 2>]} : () -> tensor<1x3xf32>
  %0 = arhat.multiply(%x, %a) {arhat.layers = [#arhat.layer<"mul", 3>]} : (tensor<2x3xf32>, tensor<3xf32>) -> tensor<2x3xf32>
  %1 = arhat.multiply(%b, %0) {arhat.layers = [#arhat.layer<"mul2", 4>]} : (tensor<1x3xf32>, tensor<2x3xf32>) -> tensor<2x3xf32>
  %2 = arhat.add(%1, %b) {arhat.layers = [#arhat.layer<"add", 5>]} : (tensor<2x3xf32>, tensor<1x3xf32>) -> tensor<2x3xf32>
  %3 = arhat.add(%2, %a) {arhat.layers = [#arhat.layer<"add2", 6>]} : (tensor<2x3xf32>, tensor<3xf32>) -> tensor<2x3xf32>
  func.return %3 : tensor<2x3xf32>
}

// The product of the constants would be larger than both; and integers are not divided by multiplying.
// CHECK-LABEL: func.func @no_chain
// CHECK: arhat.multiply(%x
// CHECK: arhat.multiply
// CHECK: arhat.divide(%i
func.func @no_chain(%x: tensor<2x3xf32>, %i: tensor<3xi32>) -> (tensor<2x3xf32>, tensor<3xi32>) {
  %a = arhat.constant() {value = #arhat.weight<"model"::"a@0">} : () -> tensor<3xf32>
  %b = arhat.constant() {value = #arhat.weight<"model"::"b@12">} : () -> tensor<2x1xf32>
  %c = arhat.constant() {value = dense<3> : tensor<i32>} : () -> tensor<i32>
  %0 = arhat.multiply(%x, %a) : (tensor<2x3xf32>, tensor<3xf32>) -> tensor<2x3xf32>
  %1 = arhat.multiply(%0, %b) : (tensor<2x3xf32>, tensor<2x1xf32>) -> tensor<2x3xf32>
  %2 = arhat.divide(%i, %c) {python_div = true} : (tensor<3xi32>, tensor<i32>) -> tensor<3xi32>
  func.return %1, %2 : tensor<2x3xf32>, tensor<3xi32>
}

// ---- Activations ----

// CHECK-LABEL: func.func @clamps
// CHECK-NEXT: arhat.clamp(%x) {min = 0.0, max = 6.0, arhat.layers = [#arhat.layer<"max", 1>, #arhat.layer<"min", 2>, #arhat.layer<"relu", 3>]}
// CHECK-NEXT: func.return
func.func @clamps(%x: tensor<4xf32>) -> tensor<4xf32> {
  %0 = arhat.constant() {value = dense<-1.0> : tensor<f32>} : () -> tensor<f32>
  %1 = arhat.constant() {value = dense<6.0> : tensor<1xf32>} : () -> tensor<1xf32>
  %2 = arhat.maximum(%x, %0) {arhat.layers = [#arhat.layer<"max", 1>]} : (tensor<4xf32>, tensor<f32>) -> tensor<4xf32>
  %3 = arhat.minimum(%1, %2) {arhat.layers = [#arhat.layer<"min", 2>]} : (tensor<1xf32>, tensor<4xf32>) -> tensor<4xf32>
  %4 = arhat.relu(%3) {arhat.layers = [#arhat.layer<"relu", 3>]} : (tensor<4xf32>) -> tensor<4xf32>
  func.return %4 : tensor<4xf32>
}

// CHECK-LABEL: func.func @relus
// CHECK-NEXT: arhat.relu(%x) {arhat.layers = [#arhat.layer<"a", 1>, #arhat.layer<"b", 2>, #arhat.layer<"c", 3>]}
// CHECK-NEXT: func.return
func.func @relus(%x: tensor<4xf32>) -> tensor<4xf32> {
  %0 = arhat.clamp(%x) {min = 0.0, max = 0x7FF0000000000000 : f64, arhat.layers = [#arhat.layer<"a", 1>]} : (tensor<4xf32>) -> tensor<4xf32>
  %1 = arhat.relu(%0) {arhat.layers = [#arhat.layer<"b", 2>]} : (tensor<4xf32>) -> tensor<4xf32>
  %2 = arhat.clamp(%1) {min = -1.0, max = 0x7FF0000000000000 : f64, arhat.layers = [#arhat.layer<"c", 3>]} : (tensor<4xf32>) -> tensor<4xf32>
  func.return %2 : tensor<4xf32>
}

// Ranges that do not meet make a constant, not a clamp.
// CHECK-LABEL: func.func @clamps_apart
// CHECK-COUNT-2: arhat.clamp
func.func @clamps_apart(%x: tensor<4xf32>) -> tensor<4xf32> {
  %0 = arhat.clamp(%x) {min = 0.0, max = 1.0} : (tensor<4xf32>) -> tensor<4xf32>
  %1 = arhat.clamp(%0) {min = 2.0, max = 3.0} : (tensor<4xf32>) -> tensor<4xf32>
  func.return %1 : tensor<4xf32>
}

// CHECK-LABEL: func.func @leaky
// CHECK-NEXT: [[A:%.*]] = arhat.leaky_relu(%x) {alpha = 0.25}
// CHECK-NEXT: [[B:%.*]] = arhat.leaky_relu([[A]]) {alpha = 0.5}
// CHECK-NEXT: func.return [[B]]
func.func @leaky(%x: tensor<1x2x4xf32>) -> tensor<1x2x4xf32> {
  %0 = arhat.constant() {value = dense<0.25> : tensor<2xf32>} : () -> tensor<2xf32>
  %1 = arhat.constant() {value = dense<0.5> : tensor<f32>} : () -> tensor<f32>
  %2 = arhat.prelu(%x, %0) : (tensor<1x2x4xf32>, tensor<2xf32>) -> tensor<1x2x4xf32>
  %3 = arhat.multiply(%1, %2) : (tensor<f32>, tensor<1x2x4xf32>) -> tensor<1x2x4xf32>
  %4 = arhat.maximum(%3, %2) : (tensor<1x2x4xf32>, tensor<1x2x4xf32>) -> tensor<1x2x4xf32>
  func.return %4 : tensor<1x2x4xf32>
}

// Slopes differ; and above 1 the maximum is another function.
// CHECK-LABEL: func.func @not_leaky
// CHECK: arhat.prelu
// CHECK: arhat.maximum
func.func @not_leaky(%x: tensor<1x2x4xf32>) -> tensor<1x2x4xf32> {
  %0 = arhat.constant() {value = dense<[0.25, 0.5]> : tensor<2xf32>} : () -> tensor<2xf32>
  %1 = arhat.constant() {value = dense<1.5> : tensor<f32>} : () -> tensor<f32>
  %2 = arhat.prelu(%x, %0) : (tensor<1x2x4xf32>, tensor<2xf32>) -> tensor<1x2x4xf32>
  %3 = arhat.multiply(%2, %1) : (tensor<1x2x4xf32>, tensor<f32>) -> tensor<1x2x4xf32>
  %4 = arhat.maximum(%2, %3) : (tensor<1x2x4xf32>, tensor<1x2x4xf32>) -> tensor<1x2x4xf32>
  func.return %4 : tensor<1x2x4xf32>
}

// CHECK-LABEL: func.func @gates
// CHECK-NEXT: [[A:%.*]] = arhat.swish(%x) {arhat.layers = [#arhat.layer<"sigmoid", 1>, #arhat.layer<"mul", 2>]}
// CHECK-NEXT: [[B:%.*]] = arhat.mish([[A]])
// CHECK-NEXT: [[C:%.*]] = arhat.hswish([[B]])
// CHECK-NEXT: [[D:%.*]] = arhat.swish([[C]]) {beta = 1.5}
// CHECK-NEXT: func.return [[D]]
func.func @gates(%x: tensor<4xf32>) -> tensor<4xf32> {
  %beta = arhat.constant() {value = dense<1.5> : tensor<f32>} : () -> tensor<f32>
  %0 = arhat.sigmoid(%x) {arhat.layers = [#arhat.layer<"sigmoid", 1>]} : (tensor<4xf32>) -> tensor<4xf32>
  %1 = arhat.multiply(%0, %x) {arhat.layers = [#arhat.layer<"mul", 2>]} : (tensor<4xf32>, tensor<4xf32>) -> tensor<4xf32>
  %2 = arhat.softplus(%1) : (tensor<4xf32>) -> tensor<4xf32>
  %3 = arhat.tanh(%2) : (tensor<4xf32>) -> tensor<4xf32>
  %4 = arhat.multiply(%1, %3) : (tensor<4xf32>, tensor<4xf32>) -> tensor<4xf32>
  %5 = arhat.hsigmoid(%4) : (tensor<4xf32>) -> tensor<4xf32>
  %6 = arhat.multiply(%4, %5) : (tensor<4xf32>, tensor<4xf32>) -> tensor<4xf32>
  %7 = arhat.multiply(%6, %beta) : (tensor<4xf32>, tensor<f32>) -> tensor<4xf32>
  %8 = arhat.sigmoid(%7) : (tensor<4xf32>) -> tensor<4xf32>
  %9 = arhat.multiply(%6, %8) : (tensor<4xf32>, tensor<4xf32>) -> tensor<4xf32>
  func.return %9 : tensor<4xf32>
}

// The gate of another value.
// CHECK-LABEL: func.func @other_gate
// CHECK-NEXT: arhat.sigmoid
// CHECK-NEXT: arhat.multiply
func.func @other_gate(%x: tensor<4xf32>, %y: tensor<4xf32>) -> tensor<4xf32> {
  %0 = arhat.sigmoid(%y) : (tensor<4xf32>) -> tensor<4xf32>
  %1 = arhat.multiply(%x, %0) : (tensor<4xf32>, tensor<4xf32>) -> tensor<4xf32>
  func.return %1 : tensor<4xf32>
}

// Hard sigmoid and hard swish, spelled out and divided first or last.
// CHECK-LABEL: func.func @hard
// CHECK-NEXT: [[A:%.*]] = arhat.hswish(%x) {arhat.layers = [#arhat.layer<"add", 1>, #arhat.layer<"clamp", 2>, #arhat.layer<"mul", 3>, #arhat.layer<"div", 4>]}
// CHECK-NEXT: [[B:%.*]] = arhat.hsigmoid([[A]])
// CHECK-NEXT: [[C:%.*]] = arhat.hswish([[B]])
// CHECK-NEXT: func.return [[C]]
func.func @hard(%x: tensor<4xf32>) -> tensor<4xf32> {
  %three = arhat.constant() {value = dense<3.0> : tensor<f32>} : () -> tensor<f32>
  %six = arhat.constant() {value = dense<6.0> : tensor<f32>} : () -> tensor<f32>
  %sixth = arhat.constant() {value = dense<0.16666667> : tensor<f32>} : () -> tensor<f32>
  %0 = arhat.add(%x, %three) {arhat.layers = [#arhat.layer<"add", 1>]} : (tensor<4xf32>, tensor<f32>) -> tensor<4xf32>
  %1 = arhat.clamp(%0) {min = 0.0, max = 6.0, arhat.layers = [#arhat.layer<"clamp", 2>]} : (tensor<4xf32>) -> tensor<4xf32>
  %2 = arhat.multiply(%x, %1) {arhat.layers = [#arhat.layer<"mul", 3>]} : (tensor<4xf32>, tensor<4xf32>) -> tensor<4xf32>
  %3 = arhat.divide(%2, %six) {python_div = true, arhat.layers = [#arhat.layer<"div", 4>]} : (tensor<4xf32>, tensor<f32>) -> tensor<4xf32>
  %4 = arhat.add(%three, %3) : (tensor<f32>, tensor<4xf32>) -> tensor<4xf32>
  %5 = arhat.clamp(%4) {min = 0.0, max = 6.0} : (tensor<4xf32>) -> tensor<4xf32>
  %6 = arhat.multiply(%5, %sixth) : (tensor<4xf32>, tensor<f32>) -> tensor<4xf32>
  %7 = arhat.add(%6, %three) : (tensor<4xf32>, tensor<f32>) -> tensor<4xf32>
  %8 = arhat.clamp(%7) {min = 0.0, max = 6.0} : (tensor<4xf32>) -> tensor<4xf32>
  %9 = arhat.multiply(%8, %sixth) : (tensor<4xf32>, tensor<f32>) -> tensor<4xf32>
  %10 = arhat.multiply(%6, %9) : (tensor<4xf32>, tensor<4xf32>) -> tensor<4xf32>
  func.return %10 : tensor<4xf32>
}
