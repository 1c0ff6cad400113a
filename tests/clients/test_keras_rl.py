"""keras-rl: agents of Keras learn what to do."""

from __future__ import annotations

import numpy as np

from tests.clients.installed import client

client("keras")
rl = client("rl")


class Corridor:
    """Five places in a row; a step to the right is rewarded at its end. The observation is the place."""

    reward_range = (0.0, 1.0)

    def reset(self):
        self.place = 0
        return np.eye(5)[0]

    def step(self, action):
        self.place = min(max(self.place + (1 if action else -1), 0), 4)
        return np.eye(5)[self.place], float(self.place == 4), self.place == 4, {}

    def close(self):
        pass


def network(outputs):
    from keras.layers import Dense, Flatten
    from keras.models import Sequential

    return Sequential([Flatten(input_shape=(1, 5)), Dense(16, activation="relu"), Dense(outputs)])


def test_dqn():
    from keras.optimizers import Adam
    from rl.agents.dqn import DQNAgent
    from rl.memory import SequentialMemory
    from rl.policy import EpsGreedyQPolicy

    np.random.seed(3)
    agent = DQNAgent(
        model=network(2), nb_actions=2, memory=SequentialMemory(limit=500, window_length=1), nb_steps_warmup=20,
        policy=EpsGreedyQPolicy(eps=0.3), target_model_update=0.05, enable_double_dqn=True, gamma=0.9,
    )  # fmt: skip
    agent.compile(Adam(lr=0.01), metrics=["mae"])
    agent.fit(Corridor(), nb_steps=400, verbose=0, nb_max_episode_steps=30)
    values = np.array([agent.compute_q_values([np.eye(5)[place]]) for place in range(4)])
    assert (values[:, 1] > values[:, 0]).all(), values


def test_cem_and_sarsa():
    from keras.optimizers import Adam
    from rl.agents import CEMAgent, SARSAAgent
    from rl.memory import EpisodeParameterMemory

    np.random.seed(4)
    memory = EpisodeParameterMemory(limit=50, window_length=1)
    agent = CEMAgent(model=network(2), nb_actions=2, memory=memory, batch_size=10, nb_steps_warmup=50,
                     train_interval=5, elite_frac=0.3)  # fmt: skip
    agent.compile()
    agent.fit(Corridor(), nb_steps=150, verbose=0, nb_max_episode_steps=20)
    agent = SARSAAgent(model=network(2), nb_actions=2, nb_steps_warmup=10)
    agent.compile(Adam(lr=0.01))
    history = agent.fit(Corridor(), nb_steps=150, verbose=0, nb_max_episode_steps=20)
    assert history.history["episode_reward"]
