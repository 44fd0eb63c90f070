"""A language model for tests: random weights, a vocabulary of bytes, 0.5 MB, made in a second.

    python tests/llm/tiny_model.py MODEL.gguf PORT     serve it as llama.cpp serves any model

It means nothing; it makes a real server speak: queues, grammars, streams, usage and errors are
llama.cpp's own.
"""

import sys
import time
from pathlib import Path

import gguf
import numpy as np

EMBEDDING, FORWARD, HEADS, LAYERS, CONTEXT = 64, 128, 4, 2, 8192
CONTROL = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"]
MERGES = ["Ġ t", "Ġ a"]  # this kind of tokenizer refuses a file without merges
TEMPLATE = (
    "{% for m in messages %}<|im_start|>{{m.role}}\n{{m.content}}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)
CONSTANT = 4.0


def vocabulary() -> list[str]:
    """GPT-2's printable stand-in for each byte, the merges, the control tokens."""
    printable = {*range(33, 127), *range(161, 173), *range(174, 256)}
    hidden = [byte for byte in range(256) if byte not in printable]
    table = {byte: chr(byte) for byte in printable}
    table |= {byte: chr(256 + place) for place, byte in enumerate(hidden)}
    return [table[byte] for byte in range(256)] + [m.replace(" ", "") for m in MERGES] + CONTROL


def logit_bias(size: int) -> "np.ndarray[tuple[int], np.dtype[np.float32]]":
    """Printable ASCII, hardly any space, strings and containers that close soon."""
    bias = np.zeros(size, np.float32)
    bias[:32] = bias[127:258] = bias[[ord(" "), ord("\\")]] = -12
    for sign, weight in {'"': 6, ",": 5, "]": 4, "}": 2, "E": -8}.items():
        bias[ord(sign)] = weight
    return bias


def write(path: Path, seed: int = 1) -> None:
    """Write the model; the same seed gives the same bytes."""
    dice = np.random.default_rng(seed)
    tokens = vocabulary()
    file = gguf.GGUFWriter(str(path), "llama")
    file.add_context_length(CONTEXT)
    file.add_embedding_length(EMBEDDING)
    file.add_block_count(LAYERS)
    file.add_feed_forward_length(FORWARD)
    file.add_head_count(HEADS)
    file.add_head_count_kv(HEADS)
    file.add_layer_norm_rms_eps(1e-5)
    file.add_rope_dimension_count(EMBEDDING // HEADS)
    file.add_vocab_size(len(tokens))
    file.add_file_type(gguf.LlamaFileType.ALL_F32)
    file.add_tokenizer_model("gpt2")
    file.add_tokenizer_pre("default")
    file.add_token_list(tokens)
    normal, control = gguf.TokenType.NORMAL, gguf.TokenType.CONTROL
    file.add_token_types([normal] * (len(tokens) - len(CONTROL)) + [control] * len(CONTROL))
    file.add_token_merges(MERGES)
    file.add_bos_token_id(len(tokens) - 3)
    file.add_eos_token_id(len(tokens) - 1)
    file.add_add_bos_token(False)
    file.add_chat_template(TEMPLATE)

    def random(*shape: int) -> "np.ndarray[tuple[int, ...], np.dtype[np.float32]]":
        return (dice.standard_normal(shape) * 0.08).astype(np.float32)

    # Dimension 0 of the residual is a constant that no layer writes to, so that column 0 of the
    # output matrix is a bias on the logits.
    embedding, output = random(len(tokens), EMBEDDING), random(len(tokens), EMBEDDING)
    embedding[:, 0] = CONSTANT
    output[:, 0] = logit_bias(len(tokens)) / 7.0
    file.add_tensor("token_embd.weight", embedding)
    file.add_tensor("output_norm.weight", np.ones(EMBEDDING, np.float32))
    file.add_tensor("output.weight", output)
    for layer in range(LAYERS):
        prefix = f"blk.{layer}."
        for name in ("attn_q", "attn_k", "attn_v", "attn_output"):
            weight = random(EMBEDDING, EMBEDDING)
            weight[0] *= name != "attn_output"
            file.add_tensor(f"{prefix}{name}.weight", weight)
        for name, shape in (
            ("ffn_gate", (FORWARD, EMBEDDING)),
            ("ffn_up", (FORWARD, EMBEDDING)),
            ("ffn_down", (EMBEDDING, FORWARD)),
        ):
            weight = random(*shape)
            weight[0] *= name != "ffn_down"
            file.add_tensor(f"{prefix}{name}.weight", weight)
        for name in ("attn_norm", "ffn_norm"):
            file.add_tensor(f"{prefix}{name}.weight", np.ones(EMBEDDING, np.float32))
    file.write_header_to_file()
    file.write_kv_data_to_file()
    file.write_tensors_to_file()
    file.close()


def serve(path: str, port: int) -> None:
    """Serve until the process ends."""
    import xllamacpp

    settings = xllamacpp.CommonParams()
    settings.model.path = path
    settings.hostnames = ["127.0.0.1"]
    settings.port = port
    settings.n_parallel = 2
    settings.n_ctx = 2 * CONTEXT  # shared by the slots
    settings.n_threads_http = 4
    settings.cpuparams.n_threads = 1
    settings.cpuparams_batch.n_threads = 1
    settings.n_gpu_layers = 0
    settings.cache_ram_mib = 0
    settings.use_jinja = True
    settings.warmup = False
    settings.ui = False
    server = xllamacpp.Server(settings)
    print(server.listening_address, flush=True)
    time.sleep(600)  # a test that died must not leave it for ever


if __name__ == "__main__":
    serve(sys.argv[1], int(sys.argv[2]))
