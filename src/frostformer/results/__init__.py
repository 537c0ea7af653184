"""Result files, and statistics over several seeds; nothing here imports torch."""
