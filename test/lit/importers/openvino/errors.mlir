// One line for each fault, that says where, what and what to do; no traceback.

// RUN: sed 's/type="SoftMax"/type="SoftMux"/' %S/Inputs/classifier.xml > %t.xml
// RUN: not arhat-translate --import-openvino %t.xml --weights model=%S/Inputs/classifier.bin 2>&1 | filecheck %s --check-prefix=OPERATOR
// RUN: sed 's/offset="0"/offset="200"/' %S/Inputs/classifier.xml > %t.xml
// RUN: not arhat-translate --import-openvino %t.xml --weights model=%S/Inputs/classifier.bin 2>&1 | filecheck %s --check-prefix=OUTSIDE
// RUN: sed 's/shape="1,3,8,8"/shape="?,3,8,8"/' %S/Inputs/classifier.xml > %t.xml
// RUN: not arhat-translate --import-openvino %t.xml --weights model=%S/Inputs/classifier.bin 2>&1 | filecheck %s --check-prefix=DYNAMIC
// RUN: arhat-translate --import-openvino %t.xml --weights model=%S/Inputs/classifier.bin --input-shape 'data=[2,3,8,8]' | filecheck %s --check-prefix=STATIC
// RUN: not arhat-translate --import-openvino %t.xml --weights model=%t.nothing --input-shape 'data=[2,3,8,8]' 2>&1 | filecheck %s --check-prefix=MISSING

// OPERATOR: errors.mlir.tmp.xml:17:1: error: 1 layer is of operators that are not supported: SoftMux@opset1; remove
// OPERATOR-NEXT: note: line 17: 'prob \"*/\"' is SoftMux@opset1
// OUTSIDE: errors.mlir.tmp.xml:5:1: error: 'conv/weights' (Const@opset1): bytes 200 to 416 lie outside of the .bin of
// DYNAMIC: errors.mlir.tmp.xml:4:1: error: 'data' (Parameter@opset1): the input has dynamic sizes (shape='?,3,8,8'); give the sizes that you need, like --input-shape 'data=[1,3,8,8]'
// STATIC: func.func @main(%{{.*}}: tensor<2x3x8x8xf32>
// MISSING: errors.mlir.tmp.nothing: error: 
