# %% [markdown]
# # Step 3 · The encoder

# %% locked="setup"
from torch import Tensor, nn
from torch.nn import functional as F

from detrlab import check


# %% todo="encoder_layer"
class TransformerEncoderLayer(nn.Module):
    """Let every token gather from all others, then think for itself (paper, appendix A.3).

    d_model: width d of a token; n_heads: attention heads; dim_ff: width inside the FFN.
    """

    def __init__(self, d_model: int = 256, n_heads: int = 8, dim_ff: int = 2048, dropout: float = 0.1):
        super().__init__()
        ### BEGIN SOLUTION
        self.self_attn = nn.MultiheadAttention(d_model, n_heads, dropout=dropout, batch_first=True)
        self.linear1 = nn.Linear(d_model, dim_ff)
        self.linear2 = nn.Linear(dim_ff, d_model)
        self.norm1 = nn.LayerNorm(d_model)
        self.norm2 = nn.LayerNorm(d_model)
        self.dropout = nn.Dropout(dropout)
        ### END SOLUTION

    def forward(self, src: Tensor, pos: Tensor) -> Tensor:
        """Map src [B, L, d] with positions pos [B, L, d] to [B, L, d]."""
        ### BEGIN SOLUTION
        q = k = src + pos
        gathered, _ = self.self_attn(q, k, value=src, need_weights=False)
        src = self.norm1(src + self.dropout(gathered))
        hidden = self.dropout(F.relu(self.linear1(src)))
        return self.norm2(src + self.dropout(self.linear2(hidden)))
        ### END SOLUTION


# %% tests="encoder_layer" points=4
check.encoder_layer(TransformerEncoderLayer)
### BEGIN HIDDEN TESTS
from autograder import hidden

hidden.encoder_layer(TransformerEncoderLayer)
### END HIDDEN TESTS


# %% todo="encoder"
class TransformerEncoder(nn.Module):
    """Stack n_layers encoder layers, each with weights of its own (paper, section 3.2)."""

    def __init__(self, n_layers: int = 6, **layer_kwargs):
        super().__init__()
        ### BEGIN SOLUTION
        self.layers = nn.ModuleList(TransformerEncoderLayer(**layer_kwargs) for _ in range(n_layers))
        ### END SOLUTION

    def forward(self, src: Tensor, pos: Tensor) -> Tensor:
        """Map src [B, L, d] with positions pos [B, L, d] to the memory [B, L, d]."""
        ### BEGIN SOLUTION
        for layer in self.layers:
            src = layer(src, pos)
        return src
        ### END SOLUTION


# %% tests="encoder" points=2
check.encoder(TransformerEncoder)
### BEGIN HIDDEN TESTS
from autograder import hidden

hidden.encoder(TransformerEncoder)
### END HIDDEN TESTS
