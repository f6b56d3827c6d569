// One error per rule of the verifiers.
//
// RUN: arhat-opt %s --split-input-file --verify-diagnostics

func.func @rank(%a0: tensor<1x1x1x1x1x1x1x1x1xf32>) {
  // expected-error@below {{a tensor has at most 8 axes, got 9}}
  %r = trt.unary(%a0) {op = "exp"} : (tensor<1x1x1x1x1x1x1x1x1xf32>) -> tensor<1x1x1x1x1x1x1x1x1xf32>
  func.return
}

// -----

func.func @element(%a0: tensor<4xf64>) {
  // expected-error@below {{tensors hold f32, f16, bf16, i32, i64, i1, i8 or ui8, got f64}}
  %r = trt.unary(%a0) {op = "exp"} : (tensor<4xf64>) -> tensor<4xf64>
  func.return
}

// -----

func.func @static(%a0: tensor<?xf32>) {
  // expected-error@below {{shapes must be static, got tensor<?xf32>}}
  %r = trt.unary(%a0) {op = "exp"} : (tensor<?xf32>) -> tensor<?xf32>
  func.return
}

// -----

func.func @dynamic(%a0: tensor<4x8xf32, #trt.dynamic<2>>) {
  // expected-error@below {{axis 2 of #trt.dynamic is out of range for tensor<4x8xf32, #trt.dynamic<2>>}}
  %r = trt.unary(%a0) {op = "exp"} : (tensor<4x8xf32, #trt.dynamic<2>>) -> tensor<4x8xf32, #trt.dynamic<2>>
  func.return
}

// -----

func.func @weights() {
  %cw = arhat.constant() {value = dense<1.0> : tensor<4xf32>} : () -> tensor<4xf32>
  // expected-error@below {{'x' is a tensor of the network, not an arhat.constant: put a trt.constant between}}
  %r = trt.unary(%cw) {op = "exp"} : (tensor<4xf32>) -> tensor<4xf32>
  func.return
}

// -----

func.func @constant(%a0: tensor<4xf32>) {
  // expected-error@below {{'weights' is an arhat.constant}}
  %r = trt.constant(%a0) : (tensor<4xf32>) -> tensor<4xf32>
  func.return
}

// -----

func.func @constant_element() {
  %cw = arhat.constant() {value = dense<1> : tensor<4xui8>} : () -> tensor<4xui8>
  // expected-error@below {{the operand is f32, f16, bf16, i32, i64 or i8, got ui8}}
  %r = trt.constant(%cw) : (tensor<4xui8>) -> tensor<4xui8>
  func.return
}

// -----

func.func @constant_empty() {
  %cw = arhat.constant() {value = #arhat.weight<"m"::"w">} : () -> tensor<0xf32>
  // expected-error@below {{a constant has elements, got tensor<0xf32>}}
  %r = trt.constant(%cw) : (tensor<0xf32>) -> tensor<0xf32>
  func.return
}

// -----

func.func @activation(%a0: tensor<4xf32>) {
  // expected-error@below {{'elu' needs 'alpha'}}
  %r = trt.activation(%a0) {kind = "elu"} : (tensor<4xf32>) -> tensor<4xf32>
  func.return
}

// -----

func.func @activation_beta(%a0: tensor<4xf32>) {
  // expected-error@below {{'elu' takes no 'beta'}}
  %r = trt.activation(%a0) {kind = "elu", alpha = 1.0, beta = 1.0} : (tensor<4xf32>) -> tensor<4xf32>
  func.return
}

// -----

func.func @activation_integers(%a0: tensor<4xi32>) {
  // expected-error@below {{the operand of 'tanh' is f32, f16 or bf16, got i32}}
  %r = trt.activation(%a0) {kind = "tanh"} : (tensor<4xi32>) -> tensor<4xi32>
  func.return
}

// -----

func.func @unary(%a0: tensor<4xi32>) {
  // expected-error@below {{the operand of 'sqrt' is f32, f16 or bf16, got i32}}
  %r = trt.unary(%a0) {op = "sqrt"} : (tensor<4xi32>) -> tensor<4xi32>
  func.return
}

// -----

func.func @unary_not(%a0: tensor<4xf32>) {
  // expected-error@below {{the operand of 'not' is i1, got f32}}
  %r = trt.unary(%a0) {op = "not"} : (tensor<4xf32>) -> tensor<4xf32>
  func.return
}

// -----

func.func @unary_booleans(%a0: tensor<4xf32>) {
  // expected-error@below {{the result should be tensor<4xi1>, not tensor<4xf32>}}
  %r = trt.unary(%a0) {op = "isnan"} : (tensor<4xf32>) -> tensor<4xf32>
  func.return
}

// -----

func.func @types(%a0: tensor<4xf32>, %a1: tensor<4xf16>) {
  // expected-error@below {{operands have one element type, got f32 and f16}}
  %r = trt.element_wise(%a0, %a1) {op = "sum"} : (tensor<4xf32>, tensor<4xf16>) -> tensor<4xf32>
  func.return
}

// -----

func.func @ranks(%a0: tensor<1x4xf32>, %a1: tensor<4xf32>) {
  // expected-error@below {{operands have one rank, got [1, 4] and [4]}}
  %r = trt.element_wise(%a0, %a1) {op = "sum"} : (tensor<1x4xf32>, tensor<4xf32>) -> tensor<1x4xf32>
  func.return
}

// -----

func.func @broadcast(%a0: tensor<2x4xf32>, %a1: tensor<3x4xf32>) {
  // expected-error@below {{shapes [2, 4] and [3, 4] do not broadcast}}
  %r = trt.element_wise(%a0, %a1) {op = "sum"} : (tensor<2x4xf32>, tensor<3x4xf32>) -> tensor<6x4xf32>
  func.return
}

// -----

func.func @booleans(%a0: tensor<4xi1>, %a1: tensor<4xi1>) {
  // expected-error@below {{the operand of 'prod' is f32, f16, bf16, i32 or i64, got i1}}
  %r = trt.element_wise(%a0, %a1) {op = "prod"} : (tensor<4xi1>, tensor<4xi1>) -> tensor<4xi1>
  func.return
}

// -----

func.func @logic(%a0: tensor<4xi32>, %a1: tensor<4xi32>) {
  // expected-error@below {{the operand of 'and' is i1, got i32}}
  %r = trt.element_wise(%a0, %a1) {op = "and"} : (tensor<4xi32>, tensor<4xi32>) -> tensor<4xi32>
  func.return
}

// -----

func.func @compared(%a0: tensor<4xf32>, %a1: tensor<4xf32>) {
  // expected-error@below {{the result should be tensor<4xi1>, not tensor<4xf32>}}
  %r = trt.element_wise(%a0, %a1) {op = "less"} : (tensor<4xf32>, tensor<4xf32>) -> tensor<4xf32>
  func.return
}

// -----

func.func @bytes(%a0: tensor<4xui8>, %a1: tensor<4xui8>) {
  // expected-error@below {{the operand of 'sum' is f32, f16, bf16, i32 or i64, got ui8}}
  %r = trt.element_wise(%a0, %a1) {op = "sum"} : (tensor<4xui8>, tensor<4xui8>) -> tensor<4xui8>
  func.return
}

// -----

func.func @slopes(%a0: tensor<1x1xf32>, %a1: tensor<1x8xf32>) {
  // expected-error@below {{slopes [1, 8] do not broadcast to [1, 1]}}
  %r = trt.parametric_relu(%a0, %a1) : (tensor<1x1xf32>, tensor<1x8xf32>) -> tensor<1x1xf32>
  func.return
}

// -----

func.func @select(%a0: tensor<4xi32>, %a1: tensor<4xf32>, %a2: tensor<4xf32>) {
  // expected-error@below {{the condition is i1, got i32}}
  %r = trt.select(%a0, %a1, %a2) : (tensor<4xi32>, tensor<4xf32>, tensor<4xf32>) -> tensor<4xf32>
  func.return
}

// -----

func.func @select_types(%a0: tensor<4xi1>, %a1: tensor<4xf32>, %a2: tensor<4xf16>) {
  // expected-error@below {{'then' and 'otherwise' have one element type, got f32 and f16}}
  %r = trt.select(%a0, %a1, %a2) : (tensor<4xi1>, tensor<4xf32>, tensor<4xf16>) -> tensor<4xf32>
  func.return
}

// -----

func.func @cast_shape(%a0: tensor<4xf32>) {
  // expected-error@below {{the result should be tensor<4xf16>, not tensor<2x2xf16>}}
  %r = trt.cast(%a0) : (tensor<4xf32>) -> tensor<2x2xf16>
  func.return
}

// -----

func.func @cast_bytes(%a0: tensor<4xf32>) {
  // expected-error@below {{i8 lies between trt.quantize and trt.dequantize, not beside trt.cast}}
  %r = trt.cast(%a0) : (tensor<4xf32>) -> tensor<4xi8>
  func.return
}

// -----

func.func @cast_images(%a0: tensor<4xui8>) {
  // expected-error@below {{ui8 is cast to and from f32 or f16, got i32}}
  %r = trt.cast(%a0) : (tensor<4xui8>) -> tensor<4xi32>
  func.return
}

// -----

func.func @scale(%a0: tensor<1x4xf32>, %a1: tensor<f32>) {
  // expected-error@below {{the scale comes from a trt.constant}}
  %r = trt.quantize(%a0, %a1) : (tensor<1x4xf32>, tensor<f32>) -> tensor<1x4xi8>
  func.return
}

// -----

func.func @scale_zero(%x: tensor<1x4xf32>) {
  %cs = arhat.constant() {value = dense<0.0> : tensor<f32>} : () -> tensor<f32>
  %s = trt.constant(%cs) : (tensor<f32>) -> tensor<f32>
  // expected-error@below {{scales are positive, got 0.0}}
  %r = trt.quantize(%x, %s) : (tensor<1x4xf32>, tensor<f32>) -> tensor<1x4xi8>
  func.return
}

// -----

func.func @scale_type(%x: tensor<1x4xf32>) {
  %cs = arhat.constant() {value = dense<0.5> : tensor<f16>} : () -> tensor<f16>
  %s = trt.constant(%cs) : (tensor<f16>) -> tensor<f16>
  // expected-error@below {{the scale is f32, got f16}}
  %r = trt.quantize(%x, %s) : (tensor<1x4xf32>, tensor<f16>) -> tensor<1x4xi8>
  func.return
}

// -----

func.func @scales(%x: tensor<1x4xf32>) {
  %cs = arhat.constant() {value = dense<0.5> : tensor<4xf32>} : () -> tensor<4xf32>
  %s = trt.constant(%cs) : (tensor<4xf32>) -> tensor<4xf32>
  // expected-error@below {{one scale for all elements has no axes, got [4]; or give 'axis'}}
  %r = trt.quantize(%x, %s) : (tensor<1x4xf32>, tensor<4xf32>) -> tensor<1x4xi8>
  func.return
}

// -----

func.func @channels(%x: tensor<1x4xf32>) {
  %cs = arhat.constant() {value = dense<0.5> : tensor<4xf32>} : () -> tensor<4xf32>
  %s = trt.constant(%cs) : (tensor<4xf32>) -> tensor<4xf32>
  // expected-error@below {{what has a scale for each channel comes from a trt.constant}}
  %r = trt.quantize(%x, %s) {axis = 1} : (tensor<1x4xf32>, tensor<4xf32>) -> tensor<1x4xi8>
  func.return
}

// -----

func.func @channel_count() {
  %cs = arhat.constant() {value = dense<0.5> : tensor<4xf32>} : () -> tensor<4xf32>
  %s = trt.constant(%cs) : (tensor<4xf32>) -> tensor<4xf32>
  %cx = arhat.constant() {value = dense<1> : tensor<2x4xi8>} : () -> tensor<2x4xi8>
  %x = trt.constant(%cx) : (tensor<2x4xi8>) -> tensor<2x4xi8>
  // expected-error@below {{there are 2 scales for axis 0, got [4]}}
  %r = trt.dequantize(%x, %s) {axis = 0} : (tensor<2x4xi8>, tensor<4xf32>) -> tensor<2x4xf32>
  func.return
}

// -----

func.func @scalar(%x: tensor<f32>) {
  %cs = arhat.constant() {value = dense<0.5> : tensor<f32>} : () -> tensor<f32>
  %s = trt.constant(%cs) : (tensor<f32>) -> tensor<f32>
  // expected-error@below {{the operand is not a scalar}}
  %r = trt.quantize(%x, %s) : (tensor<f32>, tensor<f32>) -> tensor<i8>
  func.return
}

// -----

func.func @dequantized(%x: tensor<4xi8>) {
  %cs = arhat.constant() {value = dense<0.5> : tensor<f32>} : () -> tensor<f32>
  %s = trt.constant(%cs) : (tensor<f32>) -> tensor<f32>
  // expected-error@below {{the result is f32, f16 or bf16, got i32}}
  %r = trt.dequantize(%x, %s) : (tensor<4xi8>, tensor<f32>) -> tensor<4xi32>
  func.return
}

// -----

func.func @dequantize(%x: tensor<4xi32>) {
  %cs = arhat.constant() {value = dense<0.5> : tensor<f32>} : () -> tensor<f32>
  %s = trt.constant(%cs) : (tensor<f32>) -> tensor<f32>
  // expected-error@below {{the operand is i8, got i32}}
  %r = trt.dequantize(%x, %s) : (tensor<4xi32>, tensor<f32>) -> tensor<4xf32>
  func.return
}

// -----

func.func @constant_bytes() {
  %cw = arhat.constant() {value = dense<1> : tensor<4xi8>} : () -> tensor<4xi8>
  // expected-error@below {{a constant of i8 goes to trt.dequantize, not to trt.shuffle}}
  %w = trt.constant(%cw) : (tensor<4xi8>) -> tensor<4xi8>
  %y = trt.shuffle(%w) {reshape = [2, 2]} : (tensor<4xi8>) -> tensor<2x2xi8>
  func.return
}

// -----

func.func @cast_inside(%x: tensor<4xf32>) {
  // expected-error@below {{ui8 is cast to for outputs of the network only}}
  %y = trt.cast(%x) : (tensor<4xf32>) -> tensor<4xui8>
  kernel.assign(%y) {variable = "images"} : (tensor<4xui8>) -> ()
  func.return
}
