// RUN: not arhat-opt %s -p convert-arhat-to-trt 2>&1 | filecheck %s

// What goes in and out has element types that TensorRT has.
// CHECK: error: the trt target cannot take the input 'in': TensorRT has no elements of type f64
// CHECK: note: convert it in the model to f32, f16, i32, i64 or ui8
// CHECK: error: the trt target cannot take the output 'out': TensorRT has no elements of type i16
func.func @main(%x: tensor<4xf64> {arhat.name = "in"}) -> (tensor<4xi16> {arhat.name = "out"}) {
  %0 = arhat.convert(%x) {to = i16} : (tensor<4xf64>) -> tensor<4xi16>
  func.return %0 : tensor<4xi16>
}
